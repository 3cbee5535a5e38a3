"""Each channel on real sentences of six languages, made for the case or rendered from news: what fires, where, and what must not."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from align.channels import CHANNELS, antonyms, check, dates, names, negation, numbers, order, speech, stance, unchecked, voice
from align.channels.numbers import digits, quantities
from align.channels.reading import read
from align.coverage import covers
from align.judge import Encode


def values(channel: object, text_a: str, text_b: str, language_a: str, language_b: str, full: str = "") -> list[tuple[str, str]]:
    found = channel.find(read(text_a, language_a), read(text_b, language_b))  # type: ignore[attr-defined]
    for item in found:
        if item.value_a != "-":
            assert text_a[slice(*item.span_a)].casefold() in {item.value_a.casefold(), text_a[slice(*item.span_a)].casefold()}
    return [(item.value_a, item.value_b) for item in found if not full or item.channel == full]


@pytest.mark.parametrize(
    ("low", "expected"),
    [
        ("1,500", {1500.0, 1.5}),
        ("1.500", {1.5, 1500.0}),
        ("12", {12.0}),
        ("3,5", {35.0, 3.5}),
        ("10.05.2017", {10052017.0}),
        ("17:30", {17.0, 30.0, 17.3}),
        ("5：30", {5.0, 30.0, 5.3}),
        ("٣", {3.0}),
    ],
)
def test_a_numeral_has_every_value_that_it_may_have(low: str, expected: set[float]) -> None:
    assert digits(low) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("twenty-one men and 3 million women", "en", [21.0, 3_000_000.0]),
        ("двадцать пять человек, 1,5 млн рублей", "ru", [25.0, 1_500_000.0]),
        ("einundzwanzig Leute und drei Millionen Euro", "de", [21.0, 3_000_000.0]),
        ("quatre-vingt-dix députés", "fr", [90.0]),
        ("treinta y dos personas", "es", [32.0]),
        ("vinte e duas pessoas", "pt", [22.0]),
        ("仅2018年便新增40,000多个病例。", "zh", [2018.0, 40_000.0]),
        ("超过 2000万人收看了听证会", "zh", [20_000_000.0]),
        ("国内で82万人以上、3億円", "ja", [820_000.0, 300_000_000.0]),
        ("午前7時55分に発見、午後5時半に終了", "ja", [7.55, 5.3]),
        ("20 milyondan fazla değil, 20 milyon kişi", "tr", [20.0, 20_000_000.0]),
        ("شاهد الجلسة 20 مليون شخص", "ar", [20_000_000.0]),
    ],
)
def test_number_words(text: str, language: str, expected: list[float]) -> None:
    found = quantities(read(text, language))
    assert len(found) == len(expected)
    assert all(value in item.values for item, value in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("text_a", "text_b", "language_a", "language_b", "expected"),
    [
        ("The fire killed 15 people.", "Der Brand tötete 15 Menschen.", "en", "de", []),
        ("The fire killed fifteen people.", "В пожаре погибли 15 человек.", "en", "ru", []),
        ("The deal is worth 1.5 million euros.", "L'accord vaut 1,5 million d'euros.", "en", "fr", []),
        ("The budget rose by 3,000 dollars.", "El presupuesto subió 3.000 dólares.", "en", "es", []),
        ("The fire killed 15 people.", "В пожаре погибли 50 человек.", "en", "ru", [("15", "50")]),
        ("O incêndio matou vinte e duas pessoas.", "The fire killed 32 people.", "pt", "en", [("vinte e duas", "32")]),
        ("In the XIX century", "В 19 веке", "en", "ru", []),
        ("The earthquake of magnitude 7.5 struck on 28 September.", "这场7.5级地震发生在9月28日。", "en", "zh", []),
        ("More than 20 million people watched it.", "超过200万人收看了节目。", "en", "zh", [("20 million", "200万")]),
        ("He was found at 7.55am.", "午前7時55分に発見された。", "en", "ja", []),
        ("He died 3 years later.", "Через три роки він помер.", "en", "uk", []),
        ("He won 350 votes.", "Він переміг на виборах.", "en", "uk", [("350", "-")]),
        ("It caused 26,500 hospitalizations.", "Это привело к 26 500 госпитализациям.", "en", "ru", []),
        ("It caused 26,500 hospitalizations.", "Это привело к 2 650 госпитализациям.", "en", "ru", [("26,500", "2 650")]),
        ("Perfect time for a pint is 5.30pm.", "Лучшее время для пинты пива - 17:30.", "en", "ru", []),
        ("The shrimp were added in the 1960's.", "Креветок завезли в 60-х годах.", "en", "ru", []),
        ("He moved here over two decades ago.", "Он переехал сюда больше двадцати лет назад.", "en", "ru", []),
        ("Hundreds of people had gathered.", "На пляже собрались сотни людей.", "en", "ru", []),
        ("Expect up to 10 inches of rain.", "Ожидается до 25 см осадков.", "en", "ru", []),
        ("The COVID-19 pandemic goes on.", "Пандемия коронавируса продолжается.", "en", "ru", []),
        ("They help one another.", "Они помогают друг другу.", "en", "ru", []),
        ("Custou 120 mil milhões de euros.", "It cost 120 billion euros.", "pt", "en", []),
        ("Custou 16,7 biliões de dólares.", "It cost $16.7 trillion.", "pt", "en", []),
        ("Costó 100 mil millones de dólares.", "It cost $100 million.", "es", "en", [("100 mil millones", "100 million")]),
        ("Das kostet fünf Billionen Euro.", "It costs five trillion euros.", "de", "en", []),
        ("Cela coûte 2 billions d'euros.", "It costs 2 billion euros.", "fr", "en", [("2 billions", "2 billion")]),
        ("There has been no such case since the 1800s.", "There has been no such case since the 19th century.", "en", "en", []),
        ("Im 19. Jahrhundert war das anders.", "In the 1700s that was different.", "de", "en", [("19", "1700")]),
    ],
)
def test_numbers(text_a: str, text_b: str, language_a: str, language_b: str, expected: list[tuple[str, str]]) -> None:
    assert values(numbers, text_a, text_b, language_a, language_b) == expected


@pytest.mark.parametrize(
    ("text_a", "text_b", "language_a", "language_b", "expected"),
    [
        ("They met on 10 May in Washington.", "Они встретились 10 мая в Вашингтоне.", "en", "ru", []),
        ("They met on 10 May in Washington.", "Они встретились 10 июня в Вашингтоне.", "en", "ru", [("May", "июня")]),
        ("They may march on Monday.", "Sie marschieren vielleicht am Montag.", "en", "de", []),
        ("They left on Monday.", "Ils sont partis mardi.", "en", "fr", [("Monday", "mardi")]),
        ("Llegó en marzo.", "He arrived in March.", "es", "en", []),
        ("Chegou em abril.", "He arrived in June.", "pt", "en", [("abril", "June")]),
        ("They met on Saturday.", "土曜日に会った。", "en", "ja", []),
        ("They met on Saturday.", "日曜日に会った。", "en", "ja", [("Saturday", "日曜日")]),
        ("They met in December.", "他们十二月见面。", "en", "zh", []),
        ("They met on 7 December.", "他们于12月7日见面。", "en", "zh", []),
    ],
)
def test_dates(text_a: str, text_b: str, language_a: str, language_b: str, expected: list[tuple[str, str]]) -> None:
    assert values(dates, text_a, text_b, language_a, language_b) == expected


@pytest.mark.parametrize(
    ("text_a", "text_b", "language_a", "language_b", "expected"),
    [
        ("Yesterday Lavrov flew to Washington.", "Вчера Лавров вылетел в Вашингтон.", "en", "ru", []),
        ("Talks with Germany and China go on.", "Переговоры с Германией и Китаем продолжаются.", "en", "ru", []),
        ("We spoke with American partners.", "Мы говорили с партнёрами из США.", "en", "ru", []),
        ("Talks with Moscow go on.", "Les discussions avec Moscou continuent.", "en", "fr", []),
        ("We met Tillerson in Vienna.", "Nos reunimos con Tillerson en Viena.", "en", "es", []),
        ("He praised the United Nations.", "He praised the UN.", "en", "en", []),
        ("Yesterday Lavrov flew to Washington.", "Вчера Песков вылетел в Вашингтон.", "en", "ru", [("Lavrov", "Песков")]),
        ("The meeting took place in Geneva.", "The meeting took place in Vienna.", "en", "en", [("Geneva", "Vienna")]),
        ("O encontro foi em Lisboa.", "The meeting was in Oslo.", "pt", "en", [("Lisboa", "Oslo")]),
        ("Lavrov said the talks failed.", "Tillerson said the talks failed.", "en", "en", [("Lavrov", "Tillerson")]),
        ("They met Bubba Wallace in Utah.", "Они встретились с Буббой Уоллесом в Юте.", "en", "ru", []),
        ("Then Geoff Hume came.", "Затем пришёл Джефф Хьюм.", "en", "ru", []),
        ("Gestern traf Merkel den Minister in Wien.", "Yesterday Merkel met the minister in Vienna.", "de", "en", []),
        ("Gestern traf Merkel den Minister.", "Yesterday Scholz met the minister.", "de", "en", [("Merkel", "Scholz")]),
        ("The ISIS fighters left St. Petersburg.", "The ISIS fighters left Saint Petersburg.", "en", "en", []),
        ("Barack Obama signed the law.", "President Obama signed the law.", "en", "en", []),
        ("The White House declined to comment.", "Белый дом отказался от комментариев.", "en", "ru", []),
        ("They work with the Russian Federation.", "They work with Russia.", "en", "en", []),
        ("Europe beat the United States again.", "Европа снова победила Соединенные Штаты.", "en", "ru", []),
        ("The summit took place in Saudi Arabia.", "Саммит прошёл в Саудовской Аравии.", "en", "ru", []),
        ("По данным Центров по контролю и профилактике заболеваний, источник не найден.", "По данным ЦКЗ, источник не найден.", "ru", "ru", []),
        ("They praised Barack Obama.", "They praised Michelle Obama.", "en", "en", [("Barack", "Michelle")]),
        ("The talks with North Korea failed.", "The talks with South Korea failed.", "en", "en", [("North", "South")]),
    ],
)
def test_names(text_a: str, text_b: str, language_a: str, language_b: str, expected: list[tuple[str, str]]) -> None:
    assert values(names, text_a, text_b, language_a, language_b) == expected


@pytest.mark.parametrize(
    ("text_a", "text_b", "language_a", "language_b", "expected"),
    [
        ("We will not discuss it.", "Мы это обсуждать не будем.", "en", "ru", []),
        ("We will not discuss it.", "Мы это обсудим.", "en", "ru", [("not", "-")]),
        ("Nobody has ever said so.", "Никто никогда так не говорил.", "en", "ru", []),
        ("Sie haben keine Beweise.", "They have no evidence.", "de", "en", []),
        ("Sie haben Beweise.", "They don't have evidence.", "de", "en", [("-", "don't")]),
        ("Il n'a jamais signé.", "He never signed.", "fr", "en", []),
        ("Il a signé.", "He never signed.", "fr", "en", [("-", "never")]),
        ("No vino nadie.", "Nobody came.", "es", "en", []),
        ("Não foi discutido.", "It was discussed.", "pt", "en", [("Não", "-")]),
        ("Not only Russia, but others too.", "Russia, and others too.", "en", "en", []),
        ("Foi resolvido de um modo não-militar.", "It was settled in a non-military way.", "pt", "en", []),
        ("He left without a word.", "He did not say a word when he left.", "en", "en", [("-", "not")]),
    ],
)
def test_negation(text_a: str, text_b: str, language_a: str, language_b: str, expected: list[tuple[str, str]]) -> None:
    assert values(negation, text_a, text_b, language_a, language_b) == expected


def test_a_soft_denial_answers_for_a_negation() -> None:
    found = negation.find(read("He left without a word.", "en"), read("He did not say a word when he left.", "en"))
    assert [item.channel for item in found] == ["negation:soft"]


@pytest.mark.parametrize(
    ("text_a", "text_b", "language_a", "language_b", "expected"),
    [
        ("They may lift sanctions.", "They will lift sanctions.", "en", "en", [("may", "will")]),
        ("Они могут снять санкции.", "They must lift the sanctions.", "ru", "en", [("могут", "must")]),
        ("Sie könnten kommen.", "They could come.", "de", "en", []),
        ("Peut-être viendra-t-il.", "Perhaps he will come.", "fr", "en", [("-", "will")]),
        ("Is it true?", "It is true.", "en", "en", [("?", "-")]),
    ],
)
def test_stance(text_a: str, text_b: str, language_a: str, language_b: str, expected: list[tuple[str, str]]) -> None:
    assert values(stance, text_a, text_b, language_a, language_b) == expected


@pytest.mark.parametrize(
    ("text_a", "text_b", "expected"),
    [
        ("He says the talks ended.", "He said the talks ended.", [("says", "said")]),
        ("The talks are useful.", "The talks were useful.", [("are", "were")]),
        ("The talks will continue.", "The talks continue.", [("will", "-")]),
        ("He left early.", "She left early.", [("He", "She")]),
        ("The talks ended.", "The talks ended.", []),
        ("They did not resolve all the problems.", "Not all the problems have been resolved.", []),
        ("The United States is ready.", "He stated that America is ready.", []),
        ("The policy is led by Russia.", "Russia leads the policy.", []),
        ("We want results which will be tangible.", "We want results that would be tangible.", []),
    ],
)
def test_voice(text_a: str, text_b: str, expected: list[tuple[str, str]]) -> None:
    assert values(voice, text_a, text_b, "en", "en") == expected


@pytest.mark.parametrize(
    ("text_a", "text_b", "language_a", "language_b", "expected"),
    [
        ("Министр подписал документ.", "The minister will sign the document.", "ru", "en", [("подписал", "will")]),
        ("El ministro firmó el acuerdo.", "The minister will sign the agreement.", "es", "en", [("firmó", "will")]),
        ("O ministro assinou o acordo.", "The minister signed the agreement.", "pt", "en", []),
        ("Der Minister hat das Abkommen unterzeichnet.", "The minister signed the agreement.", "de", "en", []),
        ("Der Minister hat das Abkommen unterzeichnet.", "The minister is signing the agreement.", "de", "en", [("hat", "is")]),
        ("Le ministre a signé l'accord.", "The minister has signed the agreement.", "fr", "en", []),
    ],
)
def test_times_across_languages(text_a: str, text_b: str, language_a: str, language_b: str, expected: list[tuple[str, str]]) -> None:
    assert values(voice, text_a, text_b, language_a, language_b, "voice:times") == expected


@pytest.mark.parametrize(
    ("text_a", "text_b", "expected"),
    [
        ("The largest parties won.", "The smallest parties won.", [("largest", "smallest")]),
        ("Prices began to rise.", "Prices began to fall.", [("rise", "fall")]),
        ("A hot day and a cold night", "A cold day and a hot night", []),
        ("The big parties", "The large parties", []),
        ("They support the plan.", "They opposed the plan.", [("support", "opposed")]),
        ("The former minister spoke.", "The current minister spoke.", [("former", "current")]),
        ("They approve of the plan.", "They disapprove of the plan.", [("approve", "disapprove")]),
    ],
)
def test_antonyms(text_a: str, text_b: str, expected: list[tuple[str, str]]) -> None:
    assert values(antonyms, text_a, text_b, "en", "en") == expected


@pytest.fixture(scope="module")
def encode() -> Encode:
    from align.encoders import UniversalSentenceEncoder

    return UniversalSentenceEncoder().encode


@pytest.mark.parametrize(
    ("text_a", "text_b", "language_a", "language_b", "expected"),
    [
        ("E o aumento das exportações é a resposta.", "And decreasing exports is the answer.", "pt", "en", [("aumento", "decreasing")]),
        ("Das war ein großer Fehler.", "That was a small mistake.", "de", "en", [("großer", "small")]),
        ("Это большой город.", "It is a small city.", "ru", "en", [("большой", "small")]),
        ("C'est une grande ville.", "It is a big city.", "fr", "en", []),
        ("Es una ciudad grande.", "It is a large city.", "es", "en", []),
        ("Это большой город.", "C'est une petite ville.", "ru", "fr", []),
    ],
)
def test_a_word_nearer_to_the_opposite_of_its_partner(
    text_a: str, text_b: str, language_a: str, language_b: str, expected: list[tuple[str, str]], encode: Encode
) -> None:
    pair = read(text_a, language_a), read(text_b, language_b)
    (found,) = antonyms.by_meaning([pair], covers([pair], encode), encode)
    assert [(item.value_a, item.value_b) for item in found] == expected
    assert all(text_a[slice(*item.span_a)] == item.value_a and text_b[slice(*item.span_b)] == item.value_b for item in found)


def test_a_negation_and_an_opposite_undo_each_other() -> None:
    assert check(read("The figure is not correct.", "en"), read("The figure is incorrect.", "en")) == []
    single = check(read("The figure is correct.", "en"), read("The figure is incorrect.", "en"))
    assert [item.channel for item in single] == ["antonyms"]


@pytest.mark.parametrize(
    ("text_a", "text_b", "language_a", "language_b", "fires"),
    [
        ("“We are not discussing sanctions.”", "Lavrov said that Russia does not discuss sanctions.", "en", "en", True),
        ("«Мы не обсуждаем санкции».", "Lavrov said that Russia does not discuss sanctions.", "ru", "en", True),
        ("“We are not discussing sanctions.”", "We don't discuss sanctions.", "en", "en", False),
    ],
)
def test_speech(text_a: str, text_b: str, language_a: str, language_b: str, fires: bool) -> None:
    found = speech.find(read(text_a, language_a), read(text_b, language_b))
    assert bool(found) is fires
    assert all(item.kind == "paraphrase-to-indirect" for item in found)


def test_order() -> None:
    text = "Washington imposed sanctions; Moscow answered with expulsions of diplomats."
    assert not order.find(read(text, "en"), read(text, "en"))
    assert order.find(read(text, "en"), read("Expulsions of diplomats Moscow answered with; sanctions imposed Washington.", "en"))


def test_every_channel_says_what_it_covers() -> None:
    assert "antonyms" in unchecked("en", "ru")
    assert set(unchecked("ja", "zh")) == {channel.name for channel in CHANNELS if channel.languages or channel.one_language}
    assert unchecked("en", "en") == ()


@pytest.mark.parametrize(("kind", "most"), [("numbers", 0.06), ("negation", 0.06), ("names", 0.30), ("dates", 0.02)])
def test_sharp_channels_seldom_alarm_on_human_translations(shared: Path, kind: str, most: float) -> None:
    path = shared / "data" / "divergence" / "two_references_ru" / "wmt21_news.tsv"
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))[:250]
    alarms = sum(any(item.channel == kind for item in check(read(row["source_en"], "en"), read(row["reference_a_ru"], "ru"))) for row in rows)
    assert alarms / len(rows) <= most


def test_the_month_of_may_is_no_modal() -> None:
    found = check(read("The talks take place in May.", "en"), read("The talks take place in June.", "en"))
    assert {item.kind for item in found if item.channel.startswith("stance")} == set()
    modal = check(read("May we go on? He may come.", "en"), read("He will come.", "en"))
    assert any(item.channel.startswith("stance") for item in modal)


@pytest.mark.parametrize(
    ("text_a", "text_b"),
    [
        ("The rebels in Burma laid down their arms.", "The rebels in Myanmar laid down their arms."),
        ("NATO sent more troops to the border.", "The alliance sent more troops to the border."),
        ("Die Wahl in Weißrussland ist vorbei.", "Die Wahl in Belarus ist vorbei."),
        ("Выборы в Белоруссии завершились.", "Выборы в Беларуси завершились."),
        ("It began before World War II.", "It began before the Second World War."),
    ],
)
def test_one_thing_with_two_names_is_no_other_name(text_a: str, text_b: str) -> None:
    language = "ru" if text_a[0] == "В" else "de" if text_a.startswith("Die") else "en"
    found = names.find(read(text_a, language), read(text_b, language))
    assert [item for item in found if item.channel == "names"] == []


def test_two_popes_of_one_name_differ() -> None:
    assert values(names, "They buried Pius IX in Rome.", "They buried Pius XII in Rome.", "en", "en") == [("IX", "XII")]


@pytest.mark.parametrize(
    ("text_a", "text_b", "languages", "expected"),
    [
        # In free renditions two names are only held against each other where they stand in one place.
        (
            "On the whole our friends, as Lavrov put it, are patient.",
            "Growth in exports surprised the analysts whom Tillerson had invited.",
            ("en", "en"),
            [],
        ),
        (
            "The G20 summit takes place in Germany in July.",
            "They will see each other on the sidelines of the G20 in Hamburg.",
            ("en", "en"),
            [("Germany", "Hamburg")],
        ),
        ("Geoff Hedgecoe says the harvest is good.", "Джефф Хеджкоу говорит, что урожай хороший.", ("en", "ru"), []),
        ("The primates at Knowsley are known to pounce.", "Приматы в Ноусли известны тем, что нападают.", ("en", "ru"), []),
        ("According to the CDC the source is unknown.", "По данным ЦКЗ источник неизвестен.", ("en", "ru"), []),
        ("The lake near Afghanistan is clean.", "Озеро возле Пакистана чистое.", ("en", "ru"), [("Afghanistan", "Пакистана")]),
    ],
)
def test_names_stand_against_each_other_in_the_same_place(
    text_a: str, text_b: str, languages: tuple[str, str], expected: list[tuple[str, str]], encode: Encode
) -> None:
    pair = read(text_a, languages[0]), read(text_b, languages[1])
    (cover,) = covers([pair], encode)
    assert [(item.value_a, item.value_b) for item in names.find(*pair, cover) if item.channel == "names"] == expected


def test_a_preposition_is_no_day() -> None:
    assert dates.find(read("Среди них были дети.", "ru"), read("Там были дети.", "ru")) == []
    assert values(dates, "Они встретились в среду.", "Они встретились в пятницу.", "ru", "ru") == [("среду", "пятницу")]

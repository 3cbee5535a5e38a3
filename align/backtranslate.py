"""Stage `backtranslate`: every side of a pair through a machine translator, so that the scorers can hold it against the other.

In: pairs, the corpus's original language, settings. Out: the same pairs with their back-translations, a summary for
`run.json` and warnings. Called by `pipeline`; `round_trips` serves the command line.

Same language: each text goes to a pivot language and back. Different languages: A is translated into B's language
and B into A's. Each text is translated once, longest first, in batches; what is finished is kept in the cache at
once. A result that cannot be a translation is tried once more with other settings, then marked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .argos_packages import Package, codes, find_route, missing_commands, no_route, number_setting, packages, setting
from .corpus import BackTranslation, Pair
from .errors import NoRouteError
from .guard import doubt
from .registry import load
from .store import Cache, digest

if TYPE_CHECKING:
    from .registry import Translator

NOISE_SAMPLE = 100
Advance = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """How to translate. What is not given is what Argos's own settings say (`ARGOS_COMPUTE_TYPE`, `ARGOS_BEAM_SIZE` ...), else these defaults.

    `engine`: auto, argos, bergamot, none, or another plug-in. `pivot`: "" chooses. `compute_type`: with any but
    float32 a result depends on what is translated with it. `batch_size` in texts. `threads`: 0 is one a core, at most 4.
    """

    engine: str = "auto"
    pivot: str = ""
    compute_type: str = field(default_factory=lambda: setting("ARGOS_COMPUTE_TYPE", "float32"))
    beam_size: int = field(default_factory=lambda: number_setting("ARGOS_BEAM_SIZE", 4))
    batch_size: int = field(default_factory=lambda: number_setting("ARGOS_BATCH_SIZE", 32))
    threads: int = 0
    device: str = field(default_factory=lambda: setting("ARGOS_DEVICE_TYPE", "auto"))


@dataclass(frozen=True, slots=True)
class Choice:
    """The pivot for a language, the engine, and why."""

    pivot: str
    engine: str
    reason: str


@dataclass(frozen=True, slots=True)
class BackTranslated:
    """What the stage gives: `summary` is plain data for `run.json`, `warnings` are sentences for the user."""

    pairs: tuple[Pair, ...]
    summary: dict[str, Any]
    warnings: tuple[str, ...]


def signature(settings: Settings) -> str:
    """What the result depends on besides the pairs: the settings, and the packages that there are (a new one may be a better route)."""
    if settings.engine == "none":
        return "none"
    parts = [f"{name}={getattr(settings, name)}" for name in Settings.__dataclass_fields__ if name not in ("threads", "batch_size")]
    return digest(*parts, *(f"{package.name}:{package.path}" for package in packages()))


def same_language(a: str, b: str) -> bool:
    """`pt-BR` and `pt` are one language; a text in one is not translated into the other."""
    return a.lower().split("-")[0] == b.lower().split("-")[0]


def _engine(settings: Settings) -> str:
    return "argos" if settings.engine == "auto" else settings.engine


def _both_ways(language: str, pivot: str, found: Sequence[Package]) -> tuple[Package, ...]:
    out, back = find_route(language, pivot, found), find_route(pivot, language, found)
    return (*out, *back) if out and back else ()


def choose_pivot(language: str, original_language: str, settings: Settings, found: Sequence[Package] | None = None) -> Choice:
    """The language through which texts in `language` go and come back.

    As configured; else the corpus's original language, when there is a route there and back; else any language
    with installed packages both ways (the shortest route, then the alphabet); else the bundled one.
    Raises NoRouteError when there is none.
    """
    engine = _engine(settings)
    known = packages() if found is None else found
    if engine != "argos":
        other = original_language if original_language and not same_language(original_language, language) else ""
        pivot = settings.pivot or other or ("pt" if same_language(language, "en") else "en")
        return Choice(pivot, engine, "configured" if settings.pivot else "the corpus's original language" if other else "what this engine is tried with")
    if settings.pivot:
        for start, goal in ((language, settings.pivot), (settings.pivot, language)):
            if not find_route(start, goal, known):
                raise no_route(start, goal, known)
        return Choice(settings.pivot, engine, "configured")
    lacking = ""
    if original_language and not same_language(original_language, language):
        if _both_ways(language, original_language, known):
            return Choice(original_language, engine, "the corpus's original language")
        lacking = f"no route through the original language ({original_language}); "
    ways = {pivot: way for pivot in sorted({package.target for package in known} - set(codes(language))) if (way := _both_ways(language, pivot, known))}
    installed = {pivot: way for pivot, way in ways.items() if not all(package.bundled for package in way)}
    if installed:
        pivot = min(installed, key=lambda name: (len(installed[name]), name))
        return Choice(pivot, engine, f"{lacking}an installed route")
    if ways:
        pivot = min(ways, key=lambda name: (len(ways[name]), name))
        return Choice(pivot, engine, f"{lacking}the bundled packages")
    raise no_route(language, original_language if lacking else "en" if not same_language(language, "en") else "pt", known)


class _Stage:
    """The state of one run: opened routes, what was translated, counts, warnings."""

    def __init__(self, settings: Settings, cache: Cache | None, advance: Advance) -> None:
        self.settings = settings
        self.engine = _engine(settings)
        self.cache = cache
        self.advance = advance
        self.done = self.total = 0
        self.found = packages() if self.engine == "argos" else ()
        self.warnings: list[str] = []
        self.rows: list[dict[str, Any]] = []

    def open(self, source: str, target: str) -> Translator:
        settings = self.settings
        options: dict[str, Any] = {name: getattr(settings, name) for name in ("compute_type", "beam_size", "batch_size", "threads", "device")}
        translator: Translator = load("translators", self.engine)(source, target, **options)
        return translator

    def translate(self, texts: Iterable[str], translator: Translator, source: str, target: str) -> tuple[dict[str, tuple[str, str]], dict[str, Any]]:
        """text -> (translation, doubt), and the counts of this leg."""
        unique = sorted(set(texts), key=lambda text: (-len(text), text))
        keys = {text: digest(translator.signature, text) for text in unique}
        kept = self.cache.get(list(keys.values())) if self.cache else {}
        made = {text: kept[key].decode("utf-8", "surrogatepass") for text, key in keys.items() if key in kept}
        todo = [text for text in unique if text not in made]
        self._advance(len(made))
        retried = 0
        block = self.settings.batch_size * 2
        for start in range(0, len(todo), block):
            part = todo[start : start + block]
            results = dict(zip(part, translator.translate(part), strict=True))
            wrong = [text for text in part if doubt(text, results[text], source, target)]
            if wrong and (again := getattr(translator, "translate_again", None)):
                retried += len(wrong)
                for text, result in zip(wrong, again(wrong), strict=True):
                    if not doubt(text, result, source, target):
                        results[text] = result
            if self.cache:
                self.cache.put({keys[text]: result.encode("utf-8", "surrogatepass") for text, result in results.items()})
            made.update(results)
            self._advance(len(part))
        outcome = {text: (made[text], doubt(text, made[text], source, target)) for text in unique}
        doubts = Counter(why for _, why in outcome.values() if why)
        counts = {
            "from": source,
            "to": target,
            "signature": translator.signature,
            "texts": len(unique),
            "cached": len(unique) - len(todo),
            "retried": retried,
            "doubts": dict(sorted(doubts.items())),
        }
        return outcome, counts

    def _advance(self, count: int) -> None:
        if count:
            self.done += count
            self.advance(self.done, max(self.total, self.done))

    def expect(self, count: int) -> None:
        self.total += count

    def round_trips(self, texts: Iterable[str], language: str, choice: Choice) -> dict[str, BackTranslation]:
        """Every text to the pivot and back."""
        unique = sorted(set(texts))
        out, back = self.open(language, choice.pivot), self.open(choice.pivot, language)
        there, counts_out = self.translate(unique, out, language, choice.pivot)
        again, counts_back = self.translate((text for text, _ in there.values()), back, choice.pivot, language)
        engine = f"{out.signature} > {back.signature}"
        results = {}
        for text in unique:
            pivot_text, first = there[text]
            result, second = again[pivot_text]
            why = f"{first} (to {choice.pivot})" if first else f"{second} (from {choice.pivot})" if second else ""
            results[text] = BackTranslation(result, choice.pivot, pivot_text, engine, why)
        self.rows.append(
            {
                "languages": [language],
                "kind": "round trip",
                "engine": choice.engine,
                "pivot": choice.pivot,
                "reason": choice.reason,
                "texts": len(unique),
                "doubtful": sum(1 for result in results.values() if result.doubt),
                "noise": noise({text: result.text for text, result in results.items() if not result.doubt}),
                "legs": [counts_out, counts_back],
            }
        )
        return results

    def across(self, texts: Iterable[str], source: str, target: str) -> dict[str, BackTranslation]:
        """Every text into another language; a sample comes back, to measure the noise."""
        unique = sorted(set(texts))
        out = self.open(source, target)
        there, counts = self.translate(unique, out, source, target)
        results = {text: BackTranslation(result, "", "", out.signature, why) for text, (result, why) in there.items()}
        legs, measured = [counts], noise({})
        if self.engine != "argos" or find_route(target, source, self.found):
            sound = [text for text in unique if not there[text][1]]
            sample = sound[:: max(1, len(sound) // NOISE_SAMPLE)][:NOISE_SAMPLE]
            self.expect(len(sample))
            again, counts_back = self.translate((there[text][0] for text in sample), self.open(target, source), target, source)
            measured = noise({text: again[there[text][0]][0] for text in sample})
            legs.append(counts_back)
        self.rows.append(
            {
                "languages": [source, target],
                "kind": "translation",
                "engine": self.engine,
                "pivot": "",
                "reason": f"translated into the other side's language ({target})",
                "texts": len(unique),
                "doubtful": sum(1 for result in results.values() if result.doubt),
                "noise": measured,
                "legs": legs,
            }
        )
        return results


def noise(trips: dict[str, str]) -> dict[str, Any]:
    """What a round trip alone does to texts: chrF (Popovic 2015, as sacreBLEU counts it) of each against its own round trip, 0 to 100."""
    from sacrebleu.metrics import CHRF

    texts = sorted(text for text in trips if any(mark.isalpha() for mark in text))
    if not texts:
        return {"texts": 0, "chrf_mean": None, "chrf_tenth": None, "unchanged": None}
    metric = CHRF()
    values = sorted(metric.sentence_score(trips[text], [text]).score for text in texts)
    return {
        "texts": len(texts),
        "chrf_mean": round(sum(values) / len(values), 2),
        "chrf_tenth": round(values[len(values) // 10], 2),
        "unchanged": round(sum(trips[text] == text for text in texts) / len(texts), 4),
    }


def round_trips(
    texts: Sequence[str],
    language: str,
    settings: Settings | None = None,
    cache: Cache | None = None,
    advance: Advance = lambda done, total: None,
    original_language: str = "",
) -> tuple[list[BackTranslation], dict[str, Any]]:
    """Texts of one language through the pivot and back, one result each, in order, and the summary row.

    Raises NoRouteError when there is no route there and back.
    """
    settings = settings or Settings()
    choice = choose_pivot(language, original_language, settings)
    stage = _Stage(settings, cache, advance)
    stage.expect(2 * len(set(texts)))
    results = stage.round_trips(texts, language, choice)
    return [results[text] for text in texts], stage.rows[0]


def backtranslate(
    pairs: Sequence[Pair],
    original_language: str,
    settings: Settings,
    cache: Cache | None = None,
    advance: Advance = lambda done, total: None,
) -> BackTranslated:
    """Give each side of each pair its back-translation; None where there is no route, which a warning says once.

    `advance` hears (texts done, texts in all). Raises NoRouteError when a configured pivot cannot be reached.
    """
    summary: dict[str, Any] = {
        "engine": settings.engine,
        "routes": [],
        "texts": 0,
        "cached": 0,
        "translated": 0,
        "retried": 0,
        "doubtful": 0,
        "without_route": 0,
    }
    if settings.engine == "none" or not pairs:
        return BackTranslated(tuple(pairs), summary, ())
    alone: dict[str, list[str]] = {}
    across: dict[tuple[str, str], list[str]] = {}
    for pair in pairs:
        a, b = pair.language_a, pair.language_b
        if same_language(a, b):
            alone.setdefault(a, []).append(pair.member_a.text)
            alone.setdefault(b, []).append(pair.member_b.text)
        else:
            across.setdefault((a, b), []).append(pair.member_a.text)
            across.setdefault((b, a), []).append(pair.member_b.text)
    stage = _Stage(settings, cache, advance)
    stage.expect(sum(2 * len(set(texts)) for texts in alone.values()) + sum(len(set(texts)) for texts in across.values()))
    trips: dict[tuple[str, str], dict[str, BackTranslation]] = {}
    for language in sorted(alone):
        try:
            choice = choose_pivot(language, original_language, settings)
        except NoRouteError as error:
            if settings.pivot:
                raise
            stage.warnings.append(f"no back-translation of {language}: {error.message}; {error.hint}")
            continue
        trips[language, language] = stage.round_trips(alone[language], language, choice)
        if choice.reason.startswith("no route"):
            commands = " and ".join(
                f"`{name}`" for a, b in ((language, original_language), (original_language, language)) for name in missing_commands(a, b, stage.found)
            )
            stage.warnings.append(f"{language} is back-translated through {choice.pivot} ({choice.reason}); for {original_language}: {commands}")
    for source, target in sorted(across):
        try:
            trips[source, target] = stage.across(across[source, target], source, target)
        except NoRouteError as error:
            stage.warnings.append(f"no translation of {source} into {target}: {error.message}; {error.hint}")
    result = []
    for pair in pairs:
        a, b = pair.language_a, pair.language_b
        one, other = ((a, a), (b, b)) if same_language(a, b) else ((a, b), (b, a))
        side_a, side_b = trips.get(one, {}).get(pair.member_a.text), trips.get(other, {}).get(pair.member_b.text)
        summary["without_route"] += (side_a is None) + (side_b is None)
        result.append(replace(pair, backtranslation_a=side_a, backtranslation_b=side_b))
    summary["engine"] = stage.engine
    summary["routes"] = stage.rows
    legs = [leg for row in stage.rows for leg in row["legs"]]
    summary["texts"] = sum(row["texts"] for row in stage.rows)
    summary["cached"] = sum(leg["cached"] for leg in legs)
    summary["translated"] = sum(leg["texts"] - leg["cached"] for leg in legs)
    summary["retried"] = sum(leg["retried"] for leg in legs)
    summary["doubtful"] = sum(row["doubtful"] for row in stage.rows)
    for row in stage.rows:
        lost = sum(count for leg in row["legs"] for why, count in leg["doubts"].items() if why == "left in the source language")
        if lost * 4 >= row["texts"] and lost >= 3:
            stage.warnings.append(f"{lost} of {row['texts']} texts in {row['languages'][0]} came back untranslated: is the language declared right?")
    if cache is not None and cache.problem:
        stage.warnings.append(f"translations are not kept: the cache cannot be used ({cache.problem})")
    return BackTranslated(tuple(result), summary, tuple(stage.warnings))

"""Stage `backtranslate`: every side of a pair through a machine translator, so that the scorers can hold it against the other.

In: pairs, the corpus's original language, settings. Out: the same pairs with their back-translations, a summary for
`run.json` and warnings. Called by `pipeline`; `round_trips` serves the command line.

Same language: each text goes to a pivot language and back. Different languages: A is translated into B's language
and B into A's. A text is cut into its sentences (small models drop or garble what follows the first); each sentence
is translated once, longest first, in batches, and what is finished is kept in the cache at once. A result that cannot
be a translation is tried once more with other settings, then marked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..corpus import BackTranslation, Pair
from ..errors import NoRouteError
from ..registry import load
from ..store import Cache
from .argos_packages import codes, find_route, missing_commands
from .guard import UNDECLARED, UNTRANSLATED
from .roundtrip import Leg, Work, noise, noise_in_words, row
from .routing import Choice, Settings, choose_pivot, engine_for, known_packages, same_language, signature

if TYPE_CHECKING:
    from ..registry import Translator

__all__ = ["BackTranslated", "Choice", "Opened", "Settings", "backtranslate", "choose_pivot", "round_trips", "signature"]

NOISE_SAMPLE = 100  # texts that are translated back where the stage itself does not need it
Advance = Callable[[int, int], None]
Opened = dict[tuple[str, str, str], "Translator"]


@dataclass(frozen=True, slots=True)
class BackTranslated:
    """What the stage gives: `summary` is plain data for `run.json`, `warnings` are sentences for the user."""

    pairs: tuple[Pair, ...]
    summary: dict[str, Any]
    warnings: tuple[str, ...]


class _Stage:
    """One run of the stage. `plan_...` for all there is to do, so that the progress has a total, then call what they gave."""

    def __init__(self, settings: Settings, cache: Cache | None, advance: Advance, opened: Opened | None = None) -> None:
        self.settings, self.cache = settings, cache
        self._advance = advance
        self._done = self._total = 0
        self._keep = opened is not None
        self._translators: Opened = {} if opened is None else opened
        self.rows: list[dict[str, Any]] = []

    def _leg(self, source: str, target: str, engine: str) -> Leg:
        settings = self.settings
        if (engine, source, target) not in self._translators:
            options: dict[str, Any] = {name: getattr(settings, name) for name in ("compute_type", "beam_size", "batch_size", "threads", "device")}
            self._translators[engine, source, target] = load("translators", engine)(source, target, **options)
        return Leg(self._translators[engine, source, target], source, target, settings.batch_size, self.cache, self._count, self._keep)

    def _count(self, number: int) -> None:
        if number:
            self._done += number
            self._advance(self._done, max(self._total, self._done))

    def finish(self) -> None:
        """Keep the cache within its bound."""
        if self.cache is not None:
            with suppress(sqlite3.Error):  # another run holds it: that one will do it
                self.cache.trim()

    def plan_round_trips(self, texts: Iterable[str], language: str, choice: Choice) -> Callable[[], dict[str, BackTranslation]]:
        work = Work(texts, language)
        legs = (self._leg(language, choice.pivot, choice.engine), self._leg(choice.pivot, language, choice.engine))
        self._total += 2 * len(work.sentences)

        def run() -> dict[str, BackTranslation]:
            results = work.round_trips(*legs)
            measured = noise({text: result.text for text, result in results.items() if not result.doubt})
            self.rows.append(row([language], choice, results, measured, legs))
            return results

        return run

    def plan_across(self, texts: Iterable[str], source: str, target: str) -> Callable[[], dict[str, BackTranslation]]:
        """A sample of the texts comes back as well, to measure the noise."""
        work = Work(texts, source)
        engine = engine_for(source, target, self.settings)
        legs = [self._leg(source, target, engine)]
        # Who works document by document would pay for every text twice.
        if not self._keep and (engine not in ("argos", "bergamot") or find_route(target, source, known_packages(engine))):
            legs.append(self._leg(target, source, engine))
        names = list(work.cut)
        sample = Work(names[:: max(1, len(names) // NOISE_SAMPLE)][:NOISE_SAMPLE], source)
        self._total += len(work.sentences) + (len(sample.sentences) if len(legs) == 2 else 0)

        def run() -> dict[str, BackTranslation]:
            results = work.across(legs[0])
            measured = noise({})
            if len(legs) == 2:
                there = {sentence: legs[0].outcome[sentence][0] for sentence in sample.sentences}
                again = legs[1](there.values())
                back = {text: legs[1].joint.join(again[there[sentence]][0] for sentence in cut).strip() for text, cut in sample.cut.items()}
                measured = noise({text: trip for text, trip in back.items() if not results[text].doubt})
            choice = Choice("", engine, f"translated into the other side's language ({target})")
            self.rows.append(row([source, target], choice, results, measured, legs))
            return results

        return run


def round_trips(
    texts: Sequence[str],
    language: str,
    settings: Settings | None = None,
    cache: Cache | None = None,
    advance: Advance = lambda done, total: None,
    original_language: str = "",
) -> tuple[list[BackTranslation], dict[str, Any]]:
    """Texts of one language through a pivot and back: one result each, in order, and the summary of the route.

    Raises NoRouteError when there is no route there and back.
    """
    settings = settings or Settings()
    stage = _Stage(settings, cache, advance)
    results = stage.plan_round_trips(texts, language, choose_pivot(language, original_language, settings))()
    stage.finish()
    return [results[text] for text in texts], stage.rows[0]


def _sides(pairs: Sequence[Pair]) -> tuple[dict[str, list[str]], dict[tuple[str, str], list[str]]]:
    """The texts by language that need a round trip, and by (from, to) those that need a translation."""
    alone: dict[str, list[str]] = {}
    across: dict[tuple[str, str], list[str]] = {}
    for pair in pairs:
        a, b = pair.language_a, pair.language_b
        for text, language, other in ((pair.member_a.text, a, b), (pair.member_b.text, b, a)):
            if same_language(a, b):
                alone.setdefault(language, []).append(text)
            else:
                across.setdefault((language, other), []).append(text)
    return alone, across


def backtranslate(
    pairs: Sequence[Pair],
    original_language: str,
    settings: Settings,
    cache: Cache | None = None,
    advance: Advance = lambda done, total: None,
    opened: Opened | None = None,
) -> BackTranslated:
    """Give each side of each pair its back-translation; None where there is no route, which a warning says once.

    `advance` hears (sentences done, sentences in all). `opened` keeps translators, with their models in memory, from
    call to call, and no sample goes back to measure the noise: for who calls often. Raises NoRouteError when a configured pivot cannot be reached,
    InputError for a damaged package.
    """
    summary: dict[str, Any] = {
        "engine": settings.engine,
        "texts": 0,
        "sentences": 0,
        "cached": 0,
        "retried": 0,
        "doubtful": 0,
        "without_route": 0,
        "noise": "",
        "routes": [],
    }
    if settings.engine == "none" or not pairs:
        return BackTranslated(tuple(pairs), summary, ())
    stage, warnings = _Stage(settings, cache, advance, opened), []
    alone, across = _sides(pairs)
    jobs: dict[tuple[str, str], Callable[[], dict[str, BackTranslation]]] = {}
    of: dict[str, str] = {}
    for tags in _alike(alone):
        language = tags[0]
        of.update(dict.fromkeys(tags, language))
        try:
            choice = choose_pivot(language, original_language, settings)
        except NoRouteError as error:
            if settings.pivot:
                raise
            warnings.append(f"no back-translation of {language}: {error.message}; {error.hint}")
            continue
        jobs[language, language] = stage.plan_round_trips((text for tag in tags for text in alone[tag]), language, choice)
        if choice.reason.startswith("there is no route"):
            commands = [f"`{name}`" for way in ((language, original_language), (original_language, language)) for name in _missing(*way, settings)]
            warnings.append(
                f"{language} goes through {choice.pivot} and back: {choice.reason}; to have {original_language}: {' and '.join(dict.fromkeys(commands))}"
            )
    apart: list[tuple[str, str]] = []
    for source, target in sorted(across):
        try:
            jobs[source, target] = stage.plan_across(across[source, target], source, target)
        except NoRouteError:
            apart.append((source, target))
    if apart:
        ways = ", ".join(f"{source} to {target}" for source, target in apart)
        missing = dict.fromkeys(command for source, target in apart for command in _missing(source, target, settings))
        warnings.append(f"no back-translation where no model leads: {ways}; to have them all: {' and '.join(f'`{command}`' for command in missing)}")
    made = {way: run() for way, run in jobs.items()}
    stage.finish()

    def side(text: str, language: str, other: str) -> BackTranslation | None:
        way = (of[language], of[language]) if same_language(language, other) else (language, other)
        found = made.get(way, {}).get(text)
        summary["without_route"] += found is None
        return found

    result = tuple(
        replace(
            pair,
            backtranslation_a=side(pair.member_a.text, pair.language_a, pair.language_b),
            backtranslation_b=side(pair.member_b.text, pair.language_b, pair.language_a),
        )
        for pair in pairs
    )
    legs = [leg for row in stage.rows for leg in row["legs"]]
    summary.update(
        engine=" and ".join(dict.fromkeys(row["engine"] for row in stage.rows)) or settings.plugin,
        texts=sum(row["texts"] for row in stage.rows),
        **{name: sum(leg[name] for leg in legs) for name in ("sentences", "cached", "retried")},
        doubtful=sum(row["doubtful"] for row in stage.rows),
        noise="; ".join(dict.fromkeys(told for row in stage.rows if (told := noise_in_words(row)))),
        routes=stage.rows,
    )
    for leg in legs:
        lost = leg["doubts"].get(UNTRANSLATED, 0) + leg["doubts"].get(UNDECLARED, 0)
        if lost >= 3 and lost * 4 >= leg["sentences"]:
            warnings.append(
                f"{lost} of {leg['sentences']} sentences do not read like {leg['from']} or came back untranslated: is their language declared right?"
            )
    if cache is not None and cache.problem:
        warnings.append(f"translations are not kept: the cache cannot be used ({cache.problem})")
    return BackTranslated(result, summary, tuple(dict.fromkeys(warnings)))


def _missing(source: str, target: str, settings: Settings) -> tuple[str, ...]:
    """The commands that would make a route for the engine that is configured."""
    engine = "bergamot" if settings.engine == "bergamot" else "argos"
    return missing_commands(source, target, known_packages(engine), engine)


def _alike(tags: Iterable[str]) -> list[list[str]]:
    """Tags that an engine does not tell apart, together: `en` and `en-US`, but not `pt` and `pt-BR`."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for tag in sorted(tags):
        groups.setdefault(codes(tag), []).append(tag)
    return list(groups.values())

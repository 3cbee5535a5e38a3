"""The translator `argos`: any chain of Argos packages, in batches, with no network and no folder made.

In: two languages and settings. Out: a `Translator`. Called by `backtranslate` through the registry. From Argos
Translate come the packages, its settings and its own tokenizers (`argostranslate.tokenizer`); the model is called
directly, with the arguments that Argos itself passes, because Argos translates a paragraph at a time, cuts it into
sentences with a splitter that it fetches from the network, and creates folders when it is imported.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from ..errors import AlignError, InputError
from .argos_packages import Package, bundled_folder, find_route, no_route, number_setting, packages
from .guard import clean, is_wordless, joint, pieces

LENGTH_PENALTY = 0.2  # as Argos calls the model
LONGEST_TOKENS = 160  # a longer text is cut: the model stops after 256 tokens, and small models wander long before
MOST_BEAMS = 32  # memory grows with them, and quality falls again
MOST_WORKERS = 4  # each has its own working memory, about 100 MB


def routes() -> tuple[Package, ...]:
    """The packages that there are, the user's first; cheap."""
    return packages()


def workers(threads: int = 0) -> int:
    """How many batches run at once: as asked, else Argos's own setting, else one a core up to four."""
    if threads > 0:
        return threads
    if (chosen := number_setting("ARGOS_INTER_THREADS", 0)) > 0:
        return chosen
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_WORKERS)


def _bundled_sums() -> dict[str, str]:
    lines = (bundled_folder() / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    return {name: checksum for checksum, name in (line.split() for line in lines)}


def _read_bundled(package: Package) -> dict[str, bytes]:
    """The files of an archive that ships with this one, by their name inside the package; nothing is unpacked to disk.

    Raises InputError when it is not, byte for byte, what `SHA256SUMS` says.
    """
    try:
        data = package.path.read_bytes()
        if _bundled_sums().get(package.path.name) != hashlib.sha256(data).hexdigest():
            raise InputError("the bundled package is damaged", place=str(package.path), hint="install align-renditions again")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name.partition("/")[2]: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(f"cannot be read ({error})", place=str(package.path), hint="install align-renditions again") from error


def _fingerprint(package: Package) -> str:
    """Eight digits that change with the model: two packages of one name and version are not one in the cache."""
    try:
        if package.bundled:
            return _bundled_sums().get(package.path.name, "")[:8]
        hasher = hashlib.sha256()
        for path in sorted([package.path / "model" / "model.bin", *package.path.glob("*.model")]):
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    hasher.update(block)
        return hasher.hexdigest()[:8]
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", place=str(package.path)) from error


class _Model:
    """One package, opened when it is first used."""

    def __init__(self, package: Package, options: dict[str, Any], beam_size: int, batch_size: int) -> None:
        self.package = package
        self._options = options
        self._beam_size = beam_size
        self._batch_size = batch_size
        self._tokenizer: Any = None
        self._translator: Any = None

    def _open(self) -> None:
        from argostranslate.tokenizer import BPETokenizer, SentencePieceTokenizer
        from ctranslate2 import Translator
        from sentencepiece import SentencePieceProcessor

        package = self.package
        try:
            if package.bundled:
                files = _read_bundled(package)
                self._tokenizer = SentencePieceTokenizer(package.path)
                self._tokenizer.processor = SentencePieceProcessor(model_proto=files["sentencepiece.model"])
                model = {name.removeprefix("model/"): data for name, data in files.items() if name.startswith("model/")}
                self._translator = Translator(str(package.path), files=model, **self._options)
                return
            if (pieces_model := package.path / "sentencepiece.model").is_file():
                self._tokenizer = SentencePieceTokenizer(pieces_model)
                self._tokenizer.lazy_processor()
            else:
                self._tokenizer = BPETokenizer(package.path / "bpe.model", package.source, package.target)
                self._tokenizer.lazy_load()
            self._translator = Translator(str(package.path / "model"), **self._options)
        except MemoryError as error:
            raise _memory_error(package) from error
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            if "alloc" in str(error) or "out of memory" in str(error):
                raise _memory_error(package) from error
            reason = " ".join(str(error).split())
            hint = f"`align models remove {package.path.name}`, then install it again" if not package.bundled else "install align-renditions again"
            raise InputError(f"the Argos package cannot be opened ({reason})", place=str(package.path), hint=hint) from error

    def rest(self) -> None:
        """Give the memory of the model back; it is opened again when a text comes."""
        self._translator = None

    def translate(self, texts: Sequence[str], again: bool) -> list[str]:
        """One result a text, in order. `again`: a wider search that may not repeat itself, for a text that went wrong."""
        if self._translator is None:
            self._open()
        cleaned = [clean(text) for text in texts]
        parts = [[] if is_wordless(text) else pieces(text, self._fits) for text in cleaned]
        tokens = [self._tokenizer.encode(part) for group in parts for part in group]
        made = iter(self._run(tokens, again) if tokens else [])
        between = joint(self.package.target)
        return [between.join(next(made) for _ in group) if group else text for text, group in zip(cleaned, parts, strict=True)]

    def _fits(self, text: str) -> bool:
        return len(text) <= LONGEST_TOKENS // 2 or len(self._tokenizer.encode(text)) <= LONGEST_TOKENS

    def _run(self, tokens: list[list[str]], again: bool) -> list[str]:
        prefix = self.package.target_prefix
        other: dict[str, Any] = {"beam_size": self._beam_size, "length_penalty": LENGTH_PENALTY}
        if again:
            other = {"beam_size": self._beam_size + 2, "length_penalty": 1.0, "repetition_penalty": 1.2, "no_repeat_ngram_size": 4}
        try:
            results = self._translator.translate_batch(
                tokens,
                target_prefix=[[prefix]] * len(tokens) if prefix else None,
                max_batch_size=self._batch_size,
                batch_type="examples",
                replace_unknowns=True,
                **other,
            )
        except (MemoryError, RuntimeError) as error:
            if isinstance(error, MemoryError) or "alloc" in str(error) or "out of memory" in str(error):
                raise _memory_error(self.package) from error
            raise InputError(f"the Argos package cannot translate ({' '.join(str(error).split())})", place=str(self.package.path)) from error
        return [self._decode(result.hypotheses[0]) for result in results]

    def _decode(self, tokens: list[str]) -> str:
        text: str = self._tokenizer.decode(tokens)
        return text.removeprefix(self.package.target_prefix).strip()


def _memory_error(package: Package) -> AlignError:
    return AlignError(
        "the model does not fit in memory",
        place=str(package.path),
        hint='close other programs, or set a smaller batch_size or compute_type = "int8" under [backtranslate]',
    )


class Route:
    """A chain of packages as one translator. Same texts, same results, whatever the batch, order or number of threads (float32)."""

    def __init__(self, chain: Sequence[Package], *, compute_type: str, beam_size: int, batch_size: int, threads: int, device: str) -> None:
        device = find_device(device)
        options: dict[str, Any] = {
            "device": device,
            # Argos means by "auto" the type that the package was saved with, which CTranslate2 calls "default".
            "compute_type": "default" if compute_type == "auto" else compute_type,
            "inter_threads": workers(threads) if device == "cpu" else 1,
            "intra_threads": number_setting("ARGOS_INTRA_THREADS", 0) or 1,
        }
        _check(device, options["compute_type"], beam_size)
        self.packages = tuple(chain)
        self._models = [_Model(package, options, beam_size, batch_size) for package in chain]
        names = "+".join(f"{package.name}:{_fingerprint(package)}" for package in chain)
        self.signature = f"argos:{names}|compute:{options['compute_type']}|beam:{beam_size}|ctranslate2:{version('ctranslate2')}"
        if device != "cpu":
            self.signature += f"|device:{device}"

    def translate(self, texts: Sequence[str]) -> list[str]:
        return self._through(texts, again=False)

    def translate_again(self, texts: Sequence[str]) -> list[str]:
        """The same with other settings, for texts whose first result is no translation."""
        return self._through(texts, again=True)

    def rest(self) -> None:
        """Give the memory of the models back until the next text."""
        for model in self._models:
            model.rest()

    def _through(self, texts: Sequence[str], again: bool) -> list[str]:
        results = list(texts)
        for model in self._models:
            results = model.translate(results, again)
        return results


def find_device(wanted: str) -> str:
    """`cpu` or `cuda`. "auto" takes a GPU that CTranslate2 finds and whose libraries load. Raises InputError for what is not there."""
    import ctranslate2

    place = f'device = "{wanted}"'
    if wanted not in ("auto", "cpu", "cuda"):
        raise InputError("there is no such device", place=place, hint="auto, cpu or cuda (in [backtranslate], or ARGOS_DEVICE_TYPE)")
    if wanted == "cpu":
        return wanted
    reason = "CTranslate2 finds no GPU here"
    if ctranslate2.get_cuda_device_count():
        try:
            ctranslate2.get_supported_compute_types("cuda")
            return "cuda"
        except (RuntimeError, ValueError) as error:
            reason = f"the GPU cannot be used ({' '.join(str(error).split())})"
    if wanted == "cuda":
        raise InputError(reason, place=place, hint='device = "auto" takes a GPU where there is one, else the processor')
    return "cpu"


def _check(device: str, compute_type: str, beam_size: int) -> None:
    """Raises InputError for settings that no model can be opened with: the packages are not to be blamed."""
    import ctranslate2

    known = {"default", *ctranslate2.get_supported_compute_types(device)}
    if compute_type not in known:
        hint = f"there are: {', '.join(sorted(known))} (in [backtranslate], or ARGOS_COMPUTE_TYPE)"
        raise InputError(f"this {device} cannot compute so", place=f'compute_type = "{compute_type}"', hint=hint)
    if not 1 <= beam_size <= MOST_BEAMS:
        hint = "4 is Argos's own; 2 halves the time (in [backtranslate], or ARGOS_BEAM_SIZE)"
        raise InputError(f"not between 1 and {MOST_BEAMS}", place=f"beam_size = {beam_size}", hint=hint)


def open_route(
    source: str,
    target: str,
    *,
    compute_type: str = "float32",
    beam_size: int = 4,
    batch_size: int = 32,
    threads: int = 0,
    device: str = "auto",
    found: Sequence[Package] | None = None,
) -> Route:
    """A translator from one language to another over the packages that there are (`found`: over these).

    The model is loaded when the first text comes. Raises NoRouteError, which names the packages that would make
    a route and the command that gets them; InputError for a package that is damaged.
    """
    known = packages() if found is None else found
    chain = find_route(source, target, known)
    if not chain:
        raise no_route(source, target, known)
    return Route(chain, compute_type=compute_type, beam_size=beam_size, batch_size=batch_size, threads=threads, device=device)

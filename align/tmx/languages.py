"""Language tags (BCP 47): canonical case, well-formedness, and private-use tags for outlets.

Used by the writer, the checker and the export. Nothing here decides what a text is written in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from ..store import digest

# RFC 5646, section 2.1: language, extended language, script, region, variants, extensions, private use.
_WELL_FORMED = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?|x(?:-[a-z0-9]{1,8})+",
    re.IGNORECASE | re.ASCII,
)

# Where ISO 639-1 has a code of two letters, that is the tag (RFC 5646, section 2.2.1); "bibliographic" codes included.
_CODES = """
aar:aa abk:ab afr:af aka:ak alb:sq amh:am ara:ar arg:an arm:hy asm:as ava:av ave:ae aym:ay aze:az bak:ba bam:bm baq:eu bel:be ben:bn bis:bi bod:bo
bos:bs bre:br bul:bg bur:my cat:ca ces:cs cha:ch che:ce chi:zh chu:cu chv:cv cor:kw cos:co cre:cr cym:cy cze:cs dan:da deu:de div:dv dut:nl dzo:dz
ell:el eng:en epo:eo est:et eus:eu ewe:ee fao:fo fas:fa fij:fj fin:fi fra:fr fre:fr fry:fy ful:ff geo:ka ger:de gla:gd gle:ga glg:gl glv:gv gre:el
grn:gn guj:gu hat:ht hau:ha heb:he her:hz hin:hi hmo:ho hrv:hr hun:hu hye:hy ibo:ig ice:is ido:io iii:ii iku:iu ile:ie ina:ia ind:id ipk:ik isl:is
ita:it jav:jv jpn:ja kal:kl kan:kn kas:ks kat:ka kau:kr kaz:kk khm:km kik:ki kin:rw kir:ky kom:kv kon:kg kor:ko kua:kj kur:ku lao:lo lat:la lav:lv
lim:li lin:ln lit:lt ltz:lb lub:lu lug:lg mac:mk mah:mh mal:ml mao:mi mar:mr may:ms mkd:mk mlg:mg mlt:mt mon:mn mri:mi msa:ms mya:my nau:na nav:nv
nbl:nr nde:nd ndo:ng nep:ne nld:nl nno:nn nob:nb nor:no nya:ny oci:oc oji:oj ori:or orm:om oss:os pan:pa per:fa pli:pi pol:pl por:pt pus:ps que:qu
roh:rm ron:ro rum:ro run:rn rus:ru sag:sg san:sa sin:si slk:sk slo:sk slv:sl sme:se smo:sm sna:sn snd:sd som:so sot:st spa:es sqi:sq srd:sc srp:sr
ssw:ss sun:su swa:sw swe:sv tah:ty tam:ta tat:tt tel:te tgk:tg tgl:tl tha:th tib:bo tir:ti ton:to tsn:tn tso:ts tuk:tk tur:tr twi:tw uig:ug ukr:uk
urd:ur uzb:uz ven:ve vie:vi vol:vo wel:cy wln:wa wol:wo xho:xh yid:yi yor:yo zha:za zho:zh zul:zu iw:he in:id ji:yi jw:jv mo:ro
"""
_SHORTER = dict(pair.split(":") for pair in _CODES.split())


def well_formed(tag: str) -> bool:
    """Is this a tag that BCP 47 allows? Case does not matter, underscores do."""
    return _WELL_FORMED.fullmatch(tag) is not None


@lru_cache(maxsize=1024)
def canonical(tag: str, *, shorten: bool = True) -> str:
    """The tag with hyphens and canonical case: `PT_br` to `pt-BR`, `zh-hant-tw` to `zh-Hant-TW`.

    With `shorten`, a code of three letters gives way to that of two (`fra-CA` to `fr-CA`), and a withdrawn
    code to its successor. What is no tag at all (`French`) comes back with its case as it was.
    """
    tag = tag.strip().replace("_", "-")
    if not well_formed(tag) or ("-" not in tag and len(tag) > 3):
        return tag
    parts = tag.split("-")
    done: list[str] = []
    private = False
    for index, part in enumerate(parts):
        lower = part.lower()
        after_singleton = any(len(earlier) == 1 for earlier in done)
        if index == 0 or private or after_singleton:
            done.append(lower)
        elif len(part) == 4 and part.isalpha():
            done.append(lower.capitalize())
        elif len(part) == 2:
            done.append(part.upper())
        else:
            done.append(lower)
        private = private or lower == "x"
    if shorten:
        done[0] = _SHORTER.get(done[0], done[0])
    return "-".join(done)


def key(tag: str) -> str:
    """What two spellings of one tag have in common."""
    return tag.strip().replace("_", "-").lower()


def primary(tag: str) -> str:
    """The language alone: `pt` of `pt-BR`."""
    return key(tag).split("-", 1)[0]


def outlet_words(outlet: str) -> str:
    """An outlet as private-use subtags: `Moscow Times` to `moscow-times`; each word is cut to 8 letters or digits.

    Accents fall; a name with no Latin letter or digit becomes `o` and seven digits of a digest.
    """
    plain = "".join(char for char in unicodedata.normalize("NFKD", outlet) if not unicodedata.combining(char))
    words = re.findall(r"[a-z0-9]+", plain.lower().replace("'", ""), re.ASCII)
    return "-".join(word[:8] for word in words) or f"o{digest(outlet)[:7]}"


def private_tags(language: str, outlets: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """A tag for each outlet, `en-x-moscow-times`; no two outlets share one, the later takes `-2`, `-3` ..."""
    used = {key(tag) for tag in taken}
    tags: dict[str, str] = {}
    head, _, private = canonical(language).partition("-x-")
    for outlet in outlets:
        if outlet in tags:
            continue
        stem = f"{head}-x-" + (f"{private}-" if private else "") + outlet_words(outlet)
        tag, number = stem, 1
        while key(tag) in used:
            number += 1
            tag = f"{stem}-{number}"
        used.add(key(tag))
        tags[outlet] = tag
    return tags

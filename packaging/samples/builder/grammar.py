"""The small language of the data files: sentences with alternatives.

    {a|b|c}          one of them; may be nested, a part may be empty
    {#10-40}         a number; {#100-900/50} in steps; thousands are grouped as the language does it
    {$city}          a value given by the caller
    {f:…;m:…}        by the person's gender (German titles)
    [Kafka]          a skill; [k8s=Kubernetes] shows the first and means the second; [{Go|Rust}] is one of several
"""

from __future__ import annotations

from functools import lru_cache
from random import Random

from .model import Skill


class TemplateError(ValueError):
    """A data file holds a sentence that cannot be read; the message quotes it."""


@lru_cache(maxsize=None)
def _parse(template: str) -> tuple:
    nodes, rest = _sequence(template, 0, "")
    if rest != len(template):
        raise TemplateError(f"unbalanced bracket at {rest} in {template!r}: balance the {{}} and [] of the sentence")
    return nodes


def _sequence(text: str, at: int, stops: str) -> tuple[tuple, int]:
    nodes: list = []
    plain = ""
    while at < len(text) and text[at] not in stops:
        char = text[at]
        if char == "}":
            break
        if char not in "{[":
            plain += char
            at += 1
            continue
        if plain:
            nodes.append(plain)
            plain = ""
        node, at = _braces(text, at + 1) if char == "{" else _skill(text, at + 1)
        nodes.append(node)
    if plain:
        nodes.append(plain)
    return tuple(nodes), at


def _skill(text: str, at: int) -> tuple[tuple, int]:
    end = text.find("]", at)
    if end < 0:
        raise TemplateError(f"a skill is not closed in {text!r}: add the missing ]")
    body = text[at:end]
    if body.startswith("{"):
        return ("alt", tuple((("skill", skill_of(part)),) for part in body.strip("{}").split("|"))), end + 1
    return ("skill", skill_of(body)), end + 1


def skill_of(written: str) -> Skill:
    """Reads `Kafka` or `k8s=Kubernetes`."""
    shown, _, label = written.partition("=")
    return Skill(shown, label or shown)


def _braces(text: str, at: int) -> tuple[tuple, int]:
    if text[at] in "#$":
        end = text.index("}", at)
        body = text[at + 1 : end]
        if text[at] == "$":
            return ("var", body), end + 1
        span, _, step = body.partition("/")
        low, _, high = span.partition("-")
        return ("num", int(low), int(high), int(step or 1)), end + 1
    if text.startswith("f:", at):
        female, at = _sequence(text, at + 2, ";")
        male, at = _sequence(text, at + 3, "}")
        return ("gender", female, male), at + 1
    choices = []
    while True:
        nodes, at = _sequence(text, at, "|}")
        choices.append(nodes)
        if at >= len(text):
            raise TemplateError(f"a choice is not closed in {text!r}: add the missing }}")
        at += 1
        if text[at - 1] == "}":
            return ("alt", tuple(choices)), at


def grouped(number: int, lang: str) -> str:
    """4500 as 4,500 in English and 4.500 in German."""
    return f"{number:,}" if lang == "en" else f"{number:,}".replace(",", ".")


def expand(template: str, rng: Random, values: dict[str, str]) -> tuple[str, list[Skill]]:
    """One reading of the template, and the skills it shows. `values` must hold `lang` and `gender`."""
    out: list[str] = []
    skills: list[Skill] = []
    _walk(_parse(template), rng, values, out, skills)
    return "".join(out), skills


def _walk(nodes: tuple, rng: Random, values: dict[str, str], out: list[str], skills: list[Skill]) -> None:
    for node in nodes:
        if isinstance(node, str):
            out.append(node)
            continue
        kind = node[0]
        if kind == "alt":
            _walk(node[1][int(rng.random() * len(node[1]))], rng, values, out, skills)
        elif kind == "num":
            out.append(grouped(rng.randrange(node[1], node[2] + 1, node[3]), values["lang"]))
        elif kind == "var":
            out.append(values[node[1]])
        elif kind == "gender":
            _walk(node[1] if values["gender"] == "f" else node[2], rng, values, out, skills)
        else:
            out.append(node[1].shown)
            skills.append(node[1])


def every_skill(template: str) -> list[Skill]:
    """All skills that some reading of the template shows, for checking the data."""
    found: list[Skill] = []

    def visit(nodes: tuple) -> None:
        for node in nodes:
            if isinstance(node, str):
                continue
            if node[0] == "skill":
                found.append(node[1])
            elif node[0] == "alt":
                for choice in node[1]:
                    visit(choice)
            elif node[0] == "gender":
                visit(node[1])
                visit(node[2])

    visit(_parse(template))
    return found

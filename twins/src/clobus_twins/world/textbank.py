"""The bank of request texts: topics with questions, request patterns and answers in ru and uz (`topics.json`)."""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class TopicQuestion:
    """One typical question: its title, the patterns clients ask it by and the answer of a consultant, by language."""

    title: dict[str, str]
    patterns: dict[str, tuple[str, ...]]
    answer: dict[str, str]


@dataclass(frozen=True)
class Topic:
    """One category of questions; `software` and `section` say which 1C configuration it is about."""

    key: str
    title: dict[str, str]
    software: str
    section: str
    weight: int
    questions: tuple[TopicQuestion, ...]


def data(name: str) -> Any:
    """Return the parsed JSON data file of this package by its name."""
    return json.loads(files("clobus_twins.world").joinpath(name).read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def topics() -> tuple[Topic, ...]:
    """Return all topics in file order."""
    return tuple(
        Topic(
            key=topic["key"],
            title={"ru": topic["ru"], "uz": topic["uz"]},
            software=topic["software"],
            section=topic["section"],
            weight=topic["weight"],
            questions=tuple(
                TopicQuestion(
                    title={"ru": item["ru"][0], "uz": item["uz"][0]},
                    patterns={"ru": tuple(item["ru"][1:-1]), "uz": tuple(item["uz"][1:-1])},
                    answer={"ru": item["ru"][-1], "uz": item["uz"][-1]},
                )
                for item in topic["questions"]
            ),
        )
        for topic in data("topics.json")
    )


@lru_cache(maxsize=1)
def articles() -> tuple[dict[str, str], ...]:
    """Return every article (slug, lang, po_type, po_section, title, question, answer) in file order."""
    folder = files("clobus_twins.world").joinpath("knowledge_base")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
    return tuple(article for name in names for article in json.loads(folder.joinpath(name).read_text(encoding="utf-8")))

"""One OData request to one answer: which resource, which operation (onec.md §1.2, §1.4, §1.9)."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs

from clobus_twins.control import Control
from clobus_twins.onec import atom
from clobus_twins.onec.errors import ODataError, bad_option, unknown_segment
from clobus_twins.onec.metadata import edmx, service_document
from clobus_twins.onec.model import EMPTY_GUID, EntitySet
from clobus_twins.onec.query import Page, Query
from clobus_twins.onec.sql import quoted
from clobus_twins.onec.store import Store
from clobus_twins.onec.switches import Switches
from clobus_twins.onec.uri import Options, Segment, key_literal, parse_arguments, parse_key, parse_options, split_path
from clobus_twins.onec.writes import Writer, parsed_body

JSON, XML = "application/json", "application/xml;charset=utf-8"
ATOM = "application/atom+xml;charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """A request below the service root."""

    method: str
    path: str
    query: bytes
    headers: Mapping[str, str]
    body: bytes
    root: str
    line: str

    @property
    def as_json(self) -> bool:
        """True when JSON is wanted: `$format` decides, then Accept; without both it is Atom."""
        asked = self.format
        return ("json" in asked) if asked else ("application/json" in self.headers.get("accept", ""))

    @property
    def format(self) -> str:
        """The representation asked for in the URL."""
        if b"format" not in self.query:
            return ""
        return parse_qs(self.query.decode("latin-1")).get("$format", [""])[0]

    @property
    def level(self) -> str:
        """nometadata, minimalmetadata or fullmetadata."""
        asked = self.format or self.headers.get("accept", "")
        return next((name for name in ("nometadata", "fullmetadata") if name in asked), "minimalmetadata")


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class Service:
    """The standard OData interface over a store."""

    def __init__(self, store: Store, switches: Switches, control: Control, writer: Writer) -> None:
        self.store = store
        self.switches = switches
        self.control = control
        self.writer = writer
        self._random = random.Random(1)  # noqa: S311 - which row a fault hits is no secret

    def answer(self, request: Request) -> Answer:
        """Answer a request; every refusal is an error body of the vendor's shape."""
        try:
            return self._dispatch(request)
        except ODataError as error:
            body, kind = error.body(as_json=request.as_json, locale=self.switches.locale)
            return Answer(error.status, body, kind)

    def _dispatch(self, request: Request) -> Answer:
        segments = split_path(request.path)
        if (not segments or segments[0].name == "$metadata") and request.method not in {"GET", "HEAD"}:
            raise ODataError(405, "method", request.method)
        if not segments:
            text = service_document(self.store.schema, request.root, as_json=request.as_json)
            kind = _json_type(request) if request.as_json else "application/atomsvc+xml;charset=utf-8"
            return Answer(200, text.encode(), kind)
        if segments[0].name == "$metadata":
            return Answer(200, edmx(self.store.schema).encode(), XML)
        entity = self.store.schema.find(segments[0].name)
        if entity is None:
            raise ODataError(404, "entity", segments[0].name)
        if request.format and not any(word in request.format for word in ("json", "atom", "xml")):
            raise ODataError(415, "representation")
        options = parse_options(request.query, plus_is_space=self.switches.plus_is_space)
        if segments[0].arguments is None:
            return self._collection(request, entity, segments[1:], options)
        return self._single(request, entity, parse_key(entity, segments[0].arguments), segments[1:], options)

    def _collection(self, request: Request, entity: EntitySet, rest: list[Segment], options: Options) -> Answer:
        if not rest and request.method == "POST":
            return self._create(request, entity)
        if request.method not in {"GET", "HEAD"}:
            raise ODataError(405, "method", request.method)
        counted = bool(rest) and rest[-1].name == "$count"
        if counted:
            rest = rest[:-1]
            options = replace(options, select=None, expand=None)
        query = Query(self.store, self.switches, entity, options, annotations=request.level != "nometadata")
        if rest:
            self._slice(query, rest)
        if counted:
            if not self.switches.count_supported:
                raise ODataError(400, "segment", "$count")
            return Answer(200, str(query.count()).encode(), "text/plain;charset=utf-8")
        page = query.page()
        self._spoil(page, request.line)
        if not request.as_json:
            return Answer(200, atom.feed(request.root, entity, page.records, page.count).encode(), ATOM)
        head = "{" if request.level == "nometadata" else f'{{"odata.metadata":"{request.root}/$metadata#{entity.name}",'
        count = "" if page.count is None else f'"odata.count":"{page.count}",'
        text = f'{head}{count}"value":[{",".join(page.records)}]}}'
        return Answer(200, text.encode(), _json_type(request))

    def _slice(self, query: Query, rest: list[Segment]) -> None:
        name = rest[0].name
        if len(rest) > 1 or name not in {"SliceLast", "SliceFirst"}:
            raise ODataError(400, "method_missing")
        arguments = rest[0].arguments
        if not arguments:
            wanted = [f"{key}={value}" for key, value in query.options.other if key in {"Period", "Condition"}]
            arguments = ",".join(wanted)
        query.slice(arguments, last=name == "SliceLast")

    def _spoil(self, page: Page, line: str) -> None:
        """Lose or repeat a row of a page when a tester asked for it; the page keeps its length where it can."""
        if not page.records:
            return
        if self.control.faults.take("page_loses_row", line):
            del page.records[self._random.randrange(len(page.records))]
            if page.extra is not None:
                page.records.append(page.extra)
        elif self.control.faults.take("page_repeats_row", line):
            at = self._random.randrange(len(page.records))
            page.records.insert(at, page.records[at])
            if page.extra is not None:
                page.records.pop()

    def _create(self, request: Request, entity: EntitySet) -> Answer:
        if entity.kind == "rows":
            raise ODataError(400, "rows")
        key = self.writer.create(entity, parsed_body(request.body), handlers=_handlers(request))
        address = f"{request.root}/{entity.name}({key_literal(entity, key)})"
        made = self._shown(request, entity, key, Options())
        return replace(made, status=201, headers={"location": address})

    def _single(
        self, request: Request, entity: EntitySet, key: dict[str, Any], rest: list[Segment], options: Options
    ) -> Answer:
        if rest and rest[0].name in {"Post", "Unpost"} and entity.kind == "document":
            if request.method != "POST" or len(rest) > 1:
                raise ODataError(405, "method", request.method)
            posted = rest[0].name == "Post"
            operational = {**dict(options.other), **parse_arguments(rest[0].arguments or "")}
            mode = operational.get("PostingModeOperational", "false")
            if posted and mode not in {"true", "false"}:
                raise ODataError(400, "parse", mode, "Boolean")
            self.writer.post(entity, key, posted=posted)
            return Answer(200)
        if rest and request.method == "POST":
            raise ODataError(400, "method_missing")
        if request.method in {"GET", "HEAD"}:
            return self._related(request, entity, key, rest, options)
        if rest or entity.kind == "rows" or request.method not in {"PATCH", "MERGE", "PUT", "DELETE"}:
            raise ODataError(405, "method", request.method)
        self._check_match(request, entity, key)
        if request.method == "DELETE":
            self.writer.delete(entity, key)
            return Answer(204)
        body = parsed_body(request.body)
        key = self.writer.update(entity, key, body, whole=request.method == "PUT", handlers=_handlers(request))
        if self.switches.patch_empty_body:
            return Answer(200)
        return self._shown(request, entity, key, Options())

    def _related(
        self, request: Request, entity: EntitySet, key: dict[str, Any], rest: list[Segment], options: Options
    ) -> Answer:
        for index, segment in enumerate(rest):
            reference = entity.navigations.get(segment.name)
            if reference is None:
                if index + 1 < len(rest) or segment.arguments is not None:
                    raise unknown_segment(segment.name)
                return self._value(request, entity, key, segment.name)
            row = self.store.get(entity, key)
            target = self.store.schema.find(reference.target)
            if target is None:
                raise ODataError(404, "entity", reference.target or segment.name)
            if row is None or row[reference.name] in {None, EMPTY_GUID}:
                raise ODataError(404, "instance")
            entity, key = target, {"Ref_Key": row[reference.name]}
        return self._shown(request, entity, key, options)

    def _value(self, request: Request, entity: EntitySet, key: dict[str, Any], name: str) -> Answer:
        if name not in entity.by_name and name not in entity.section_names:
            raise unknown_segment(name)
        record = self._record(request, entity, key, Options(select=name))
        value = json.loads(record)[name]
        item = entity.by_name.get(name)
        kind = f"Edm.{item.edm}" if item else f"Collection(StandardODATA.{entity.name}_{name}_RowType)"
        data = {"odata.metadata": f"{request.root}/$metadata#{kind}", "value": value}
        if request.level == "nometadata":
            del data["odata.metadata"]
        if not request.as_json:
            return Answer(200, atom.value(f"{entity.name}_{name}", name, value).encode(), XML)
        return Answer(200, json.dumps(data, ensure_ascii=False).encode(), _json_type(request))

    def _record(self, request: Request, entity: EntitySet, key: dict[str, Any], options: Options) -> str:
        conditions = [f"b.{quoted(name)} = ?" for name in key]
        only = Options(select=options.select, allowed_only=options.allowed_only)
        annotations = request.level != "nometadata"
        page = Query(self.store, self.switches, entity, only, conditions, annotations, tuple(key.values())).page()
        if not page.records:
            raise ODataError(404, "instance")
        return page.records[0]

    def _shown(self, request: Request, entity: EntitySet, key: dict[str, Any], options: Options) -> Answer:
        if options.expand:
            raise bad_option("$expand")  # not for single entities (onec.md §1.7)
        record = self._record(request, entity, key, options)
        if self.switches.shuffle_single_entity_members or self.switches.rows_without_ref_key_in_single:
            record = self._reshaped(record)
        if not request.as_json:
            return Answer(200, atom.entry(request.root, entity, record).encode(), ATOM)
        if request.level != "nometadata":
            comma = "," if record != "{}" else ""
            record = f'{{"odata.metadata":"{request.root}/$metadata#{entity.name}/@Element"{comma}{record[1:]}'
        return Answer(200, record.encode(), _json_type(request))

    def _reshaped(self, record: str) -> str:
        members = list(json.loads(record).items())
        if self.switches.shuffle_single_entity_members:
            self._random.shuffle(members)
        if self.switches.rows_without_ref_key_in_single:
            for _, value in members:
                for row in value if isinstance(value, list) else ():
                    row.pop("Ref_Key", None)
        return json.dumps(dict(members), ensure_ascii=False, separators=(",", ":"))

    def _check_match(self, request: Request, entity: EntitySet, key: dict[str, Any]) -> None:
        wanted = request.headers.get("if-match", "").removeprefix("W/").strip('"')
        if not wanted or wanted == "*" or not self.switches.enforce_if_match:
            return
        row = self.store.get(entity, key)
        if row is not None and row.get("DataVersion") != wanted:
            raise ODataError(412, "if_match")


def _handlers(request: Request) -> bool:
    return request.headers.get("1c_odata-dataloadmode", "").lower() != "true"


def _json_type(request: Request) -> str:
    return f"{JSON};odata={request.level};charset=utf-8"

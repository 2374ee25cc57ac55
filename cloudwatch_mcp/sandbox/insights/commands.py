"""Compiles a query's commands into the stages of a pipeline and its result columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import itemgetter

from lark import Token, v_args
from lark.visitors import Interpreter

from cloudwatch_mcp.sandbox.insights import extraction, patterns
from cloudwatch_mcp.sandbox.insights.aggregates import StatsCompiler
from cloudwatch_mcp.sandbox.insights.errors import QueryError, located_at, unexpected
from cloudwatch_mcp.sandbox.insights.events import SYSTEM_FIELDS
from cloudwatch_mcp.sandbox.insights.expressions import ExpressionCompiler, Node, Scope, first_item, name_of, string_of
from cloudwatch_mcp.sandbox.insights.functions import identity, numeric, textual
from cloudwatch_mcp.sandbox.insights.pipeline import (
    Pipeline,
    Run,
    Stage,
    Subquery,
    distinct,
    grouping,
    row_total,
    sorting,
    unnesting,
)
from cloudwatch_mcp.sandbox.insights.values import Expression, Kind

# StartQuery: the maximum of a query's limit.
MAX_LIMIT = 100_000
# The modifiers of diff.
EARLIER_WINDOWS = {"": 0, "previousday": 1, "previousweek": 7, "previousmonth": 30}
_OPTION = re.compile(r"(\w+)\s*=\s*(\w+)")
_DEFAULT_COLUMNS = ("@timestamp", "@message")


@v_args(inline=True)
class PipelineCompiler(Interpreter[Token, None]):
    """Each method compiles a command; `scope` has the names that the next command can use."""

    def __init__(self, text: str, now: datetime, *, nested: bool = False) -> None:
        self._expressions = ExpressionCompiler(text, Scope(), now)
        self._expressions.subquery = self._subquery  # commands need expressions
        self._nested = nested
        self._has_patterns = False
        self._pipeline = Pipeline()
        self._fields: dict[str, Expression] = {}
        self._extracted: dict[str, Expression] = {}
        self._display: dict[str, Expression] | None = None
        self._redefined: set[str] = set()
        self._after_dedup = False

    @property
    def _scope(self) -> Scope:
        return self._expressions.scope

    def compile(self, query: Node) -> Pipeline:
        for command in query.children:
            if command:
                self._visit_command(command)
        self._pipeline.columns = list(self._columns().items())
        return self._pipeline

    def _visit_command(self, command: Node) -> None:
        if self._after_dedup and command.data != "limit":
            # Only limit can follow dedup (docs: CWL_QuerySyntax-Dedup).
            raise unexpected(self._expressions.text, command.meta.start_pos)
        with located_at(command):
            self.visit(command)

    def _columns(self) -> dict[str, Expression]:
        if self._display is not None:
            return self._display
        if self._scope.closed:
            return self._scope.names
        shown = self._fields or {name: self._scope.field(name) for name in _DEFAULT_COLUMNS}
        return {**shown, **self._extracted, "@ptr": self._scope.field("@ptr")}

    def _subquery(self, node: Node) -> Subquery:
        if self._nested:
            # docs, CWL_QuerySyntax-Subqueries: nested subqueries are not supported.
            raise QueryError("Nested subqueries are not supported")
        source, *_ = node.children
        names = [string_of(name) for name in source.children] if source else []
        text, now = self._expressions.text, self._expressions.now
        subquery = Subquery(names, PipelineCompiler(text, now, nested=True).compile(node))
        self._pipeline.subqueries.append(subquery)
        return subquery

    def subquery_source(self, *_: Token) -> None:
        """Read by the command that has the subquery."""

    def _add_stage(self, run: Run, *, filters: bool = False) -> None:
        self._pipeline.stages.append(Stage(run, filters and not self._scope.closed))

    def source(self, *options: Node | None) -> None:
        named = (option.children for option in options if option)
        self._pipeline.source = {str(name): [string_of(value) for value in values] for name, *values in named}

    def fields(self, *columns: Node) -> None:
        for name, expression in self._named_columns(columns):
            if name in self._fields:
                self._redefined.add(name)
            self._scope.names[name] = self._fields[name] = expression

    def display(self, *columns: Node) -> None:
        self._display = dict(self._named_columns(columns))
        if not self._scope.closed:
            self._display["@ptr"] = self._scope.field("@ptr")

    def _named_columns(self, columns: Sequence[Node]) -> list[tuple[str, Expression]]:
        """Columns, named by alias, by the field's name or by the expression's text."""
        parts = (column.children for column in columns)
        return [(self._column_name(node, alias), self._expressions.timed(node)) for node, alias in parts]

    def _column_name(self, expression: Node, alias: Token | None) -> str:
        if alias:
            return name_of(alias)
        if expression.data == "field":
            return name_of(expression.children[0])
        return self._expressions.text_of(expression)

    def filter(self, command: Token, condition: Node) -> None:
        if command.lower() == "filterindex":
            self._pipeline.standard_class_only.append("filterIndex")
        test = self._expressions.test(condition)
        self._add_stage(lambda rows: [row for row in rows if test(row)], filters=True)

    def parse_glob(self, source: Node | None, glob: Token, *names: Token) -> None:
        self._extract(extraction.by_glob(self._parse_source(source), string_of(glob), _names_of(names)))

    def parse_regex(self, source: Node | None, literal: Token, *names: Token | None) -> None:
        self._extract(extraction.by_regex(self._parse_source(source), literal, _names_of(names)))

    def parse_format(self, source: Node | None, kind: Token, *names: Token | None) -> None:
        text, aliases = self._parse_source(source), _names_of(names)
        if kind.lower() == "csv":
            self._extract(extraction.by_csv(text, aliases))
            return
        value, field = extraction.logfmt(text), self._scope.field
        self._extract({name: value(name) for name in aliases})
        if not aliases:
            self._scope.field = lambda name: field(name) if name in SYSTEM_FIELDS else value(name)

    def unnest(self, source: Token, name: Token) -> None:
        structure = self._scope.find(name_of(source))
        if structure.kind is Kind.LIST:
            raise QueryError("unnest takes a list of jsonParse, not one of split")
        self._add_stage(unnesting(structure.read))
        self._scope.nest()
        self._fields = {field: first_item(expression) for field, expression in self._fields.items()}
        self._extracted = {field: first_item(expression) for field, expression in self._extracted.items()}
        self._scope.names[name_of(name)] = Expression(itemgetter(1), Kind.STRUCTURE)

    def addtotals(self, command: Token) -> None:
        text = command[len("addtotals") :]
        options = {name.lower(): value for name, value in _OPTION.findall(text)}
        names = [name.strip() for name in _OPTION.sub("", text).split(",") if name.strip()]
        if options.get("col", "false").lower() == "true":
            self._pipeline.column_totals = names
        # AWS adds no row total after stats.
        if options.get("row", "true").lower() == "true" and not self._scope.closed:
            terms = [self._scope.find(name) for name in names] if names else list(self._fields.values())
            readers = [numeric(term) for term in terms if term.kind is not Kind.TIME]
            total = Expression(row_total(readers), Kind.COMPUTED)
            name = options.get("fieldname", "Total")
            self._scope.names[name] = self._fields[name] = total

    def diff(self, command: Token) -> None:
        if not self._has_patterns:
            raise QueryError("Diff compilation Failed : Diff operation has to be used after Pattern")
        modifier = command[len("diff") :].strip().lower()
        if modifier not in EARLIER_WINDOWS:
            raise unexpected(self._expressions.text, (command.start_pos or 0) + len("diff "))
        self._pipeline.stages.append(Stage(lambda rows: rows, compares_with=modifier))
        self._set_columns([(name, Kind.COMPUTED) for name in (*patterns.COLUMNS, *patterns.DIFFERENCE_COLUMNS)])

    def _parse_source(self, source: Node | None) -> Expression:
        return self._scope.find(name_of(source.children[0]) if source else "@message")

    def _extract(self, extracted: dict[str, Expression]) -> None:
        self._scope.names.update(extracted)
        self._extracted.update(extracted)

    @v_args(tree=True)
    def stats(self, node: Node) -> None:
        *columns, groups = node.children
        for field_node in node.find_data("field"):
            if (name := name_of(field_node.children[0])) in self._redefined:
                raise QueryError(f"Unknown symbols found in or after stats: {name}")
        keys = self._named_columns(groups.children) if groups else []
        compiler = StatsCompiler(self._expressions)
        results = []
        for column in columns:
            expression, alias = column.children
            collected = len(compiler.aggregates)
            results.append((self._column_name(expression, alias), compiler.compile(expression)))
            if len(compiler.aggregates) == collected:
                raise QueryError(f"{self._expressions.text_of(expression)} is not aggregated")
        self._add_stage(grouping([identity(key) for _, key in keys], compiler.aggregates, results))
        self._set_columns([(name, expression.kind) for name, expression in (*keys, *results)])

    def pattern(self, text: Node) -> None:
        self._pipeline.standard_class_only.append("pattern")
        read_text = textual(self._expressions.timed(text))
        read_time = None if self._scope.closed else self._scope.find("@timestamp").read
        self._add_stage(lambda rows: patterns.patterns(rows, read_text, read_time))
        self._set_columns([(name, Kind.COMPUTED) for name in patterns.COLUMNS])
        self._has_patterns = True

    def _set_columns(self, names: Sequence[tuple[str, Kind]]) -> None:
        """Turn rows into tuples, whose columns are the only names from here on."""
        columns = {name: Expression(itemgetter(i), kind) for i, (name, kind) in enumerate(names)}
        self._expressions.scope = Scope(columns, closed=True)
        self._display = None
        self._has_patterns = False

    def sort(self, *sort_keys: Node) -> None:
        keys = []
        for key in sort_keys:
            expression, *descending = key.children
            if expression.data == "call":
                text = self._expressions.text
                raise unexpected(text, text.index("(", expression.children[0].end_pos))
            read = self._expressions.timed(expression).read
            keys.append((read, any(descending)))
        self._add_stage(sorting(keys))

    def limit(self, number: Token) -> None:
        if not 1 <= float(number) <= MAX_LIMIT:
            raise QueryError(f"limit must be from 1 to {MAX_LIMIT}")
        count = int(float(number))
        self._pipeline.limited = True
        self._add_stage(lambda rows: rows[:count])

    def dedup(self, *names: Token) -> None:
        readers = [identity(self._scope.find(name_of(name))) for name in names]
        self._after_dedup = True
        self._add_stage(lambda rows: distinct(rows, readers))


def _names_of(aliases: Iterable[Token | None]) -> list[str]:
    return [name_of(alias) for alias in aliases if alias]

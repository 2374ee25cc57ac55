"""Compiles a query's commands into the stages of a pipeline and its result columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter

from lark import Token, v_args

from cloudwatch_mcp.sandbox.insights import extraction, patterns
from cloudwatch_mcp.sandbox.insights.aggregates import StatsCompiler
from cloudwatch_mcp.sandbox.insights.errors import QueryError, unexpected
from cloudwatch_mcp.sandbox.insights.events import SYSTEM_FIELDS
from cloudwatch_mcp.sandbox.insights.expressions import ExpressionCompiler, Node, Scope, first_item
from cloudwatch_mcp.sandbox.insights.functions import identity, textual
from cloudwatch_mcp.sandbox.insights.pipeline import (
    Pipeline,
    Run,
    Stage,
    Subquery,
    distinct,
    grouping,
    sorting,
    unnesting,
)
from cloudwatch_mcp.sandbox.insights.values import Expression, Kind

# StartQuery: the maximum of a query's limit.
MAX_LIMIT = 100_000
# The modifiers of diff.
EARLIER_WINDOWS = {"": 0, "previousday": 1, "previousweek": 7, "previousmonth": 30}
_DEFAULT_COLUMNS = ("@timestamp", "@message")


@v_args(inline=True)
class PipelineCompiler(ExpressionCompiler):
    """Each method compiles a command; `scope` has the names that the next command can use."""

    def __init__(self, pipeline: Pipeline, text: str, now: datetime) -> None:
        super().__init__(text, Scope(), now)
        self._pipeline = pipeline
        self._has_patterns = False
        self._fields: dict[str, Expression] = {}
        self._extracted: dict[str, Expression] = {}
        self._display: dict[str, Expression] | None = None
        self._redefined: set[str] = set()

    def compile(self, query: Node) -> None:
        for command in query.children:
            self.visit(command)
        self._pipeline.columns = list(self._columns().items())

    def _columns(self) -> dict[str, Expression]:
        if self._display is not None:
            return self._display
        if self.scope.closed:
            return self.scope.names
        shown = self._fields or {name: self.scope.field(name) for name in _DEFAULT_COLUMNS}
        return {**shown, **self._extracted, "@ptr": self.scope.field("@ptr")}

    @v_args(tree=True)
    def subquery(self, query: Node) -> Subquery:
        if isinstance(self._pipeline, Subquery):
            # docs, CWL_QuerySyntax-Subqueries: nested subqueries are not supported.
            raise QueryError("Nested subqueries are not supported")
        subquery = Subquery()
        PipelineCompiler(subquery, self.text, self.now).compile(query)
        self._pipeline.subqueries.append(subquery)
        return subquery

    def subquery_source(self, *names: Token) -> None:
        self._pipeline.log_groups = names

    def _add_stage(self, run: Run, *, filters: bool = False) -> None:
        self._pipeline.stages.append(Stage(run, filters and not self.scope.closed))

    def source(self, *options: Node) -> None:
        named = (option.children for option in options)
        self._pipeline.source = {str(name): list(map(str, values)) for name, *values in named}

    def fields(self, *columns: Node) -> None:
        for name, expression in self._named_columns(columns):
            if name in self._fields:
                self._redefined.add(name)
            self.scope.names[name] = self._fields[name] = expression

    def display(self, *columns: Node) -> None:
        self._display = dict(self._named_columns(columns))
        if not self.scope.closed:
            self._display["@ptr"] = self.scope.field("@ptr")

    def _named_columns(self, columns: Sequence[Node]) -> list[tuple[str, Expression]]:
        """Columns, named by alias, by the field's name or by the expression's text."""
        parts = (column.children for column in columns)
        return [(self._column_name(node, alias), self.timed(node)) for node, alias in parts]

    def _column_name(self, expression: Node, alias: Token | None) -> str:
        if alias:
            return str(alias)
        return str(expression.children[0]) if expression.data == "field" else self.text_of(expression)

    def filter(self, command: Token, condition: Node) -> None:
        if command.lower() == "filterindex":
            self._pipeline.standard_class_only.append("filterIndex")
        test = self.test(condition)
        self._add_stage(lambda rows: [row for row in rows if test(row)], filters=True)

    def parse(self, source: Node | None, form: Token, *names: Token) -> None:
        text = self.scope.find(source.children[0] if source else "@message")
        if form.lower() == "logfmt":
            value, field = extraction.logfmt(text), self.scope.field
            extracted = {str(name): value(name) for name in names}
            if not names:
                self.scope.field = lambda name: field(name) if name in SYSTEM_FIELDS else value(name)
        else:
            extracted = extraction.BY_TOKEN[form.type](text, form, names)
        self.scope.names.update(extracted)
        self._extracted.update(extracted)

    def unnest(self, source: Token, name: Token) -> None:
        structure = self.scope.find(source)
        if structure.kind is Kind.LIST:
            raise QueryError("unnest takes a list of jsonParse, not one of split")
        self._add_stage(unnesting(structure.read))
        self.scope.nest()
        self._fields = {field: first_item(expression) for field, expression in self._fields.items()}
        self._extracted = {field: first_item(expression) for field, expression in self._extracted.items()}
        self.scope.names[name] = Expression(itemgetter(1), Kind.STRUCTURE)

    def diff(self, command: Token) -> None:
        if not self._has_patterns:
            raise QueryError("Diff compilation Failed : Diff operation has to be used after Pattern")
        modifier = command[len("diff") :].strip().lower()
        if modifier not in EARLIER_WINDOWS:
            raise unexpected(self.text, (command.start_pos or 0) + len("diff "))
        self._pipeline.stages.append(Stage(lambda rows: rows, compares_with=modifier))
        self._set_columns([(name, Kind.COMPUTED) for name in (*patterns.COLUMNS, *patterns.DIFFERENCE_COLUMNS)])

    @v_args(tree=True)
    def stats(self, node: Node) -> None:
        *columns, groups = node.children
        for field_node in node.find_data("field"):
            if (name := field_node.children[0]) in self._redefined:
                raise QueryError(f"Unknown symbols found in or after stats: {name}")
        keys = self._named_columns(groups.children) if groups else []
        compiler = StatsCompiler(self)
        results = []
        for column in columns:
            expression, alias = column.children
            collected = len(compiler.aggregates)
            results.append((self._column_name(expression, alias), compiler.visit(expression)))
            if len(compiler.aggregates) == collected:
                raise QueryError(f"{self.text_of(expression)} is not aggregated")
        self._add_stage(grouping([identity(key) for _, key in keys], compiler.aggregates, results))
        self._set_columns([(name, expression.kind) for name, expression in (*keys, *results)])

    def pattern(self, text: Node) -> None:
        self._pipeline.standard_class_only.append("pattern")
        read_text = textual(self.timed(text))
        read_time = None if self.scope.closed else self.scope.find("@timestamp").read
        self._add_stage(lambda rows: patterns.patterns(rows, read_text, read_time))
        self._set_columns([(name, Kind.COMPUTED) for name in patterns.COLUMNS])
        self._has_patterns = True

    def _set_columns(self, names: Sequence[tuple[str, Kind]]) -> None:
        """Turn rows into tuples, whose columns are the only names from here on."""
        columns = {name: Expression(itemgetter(i), kind) for i, (name, kind) in enumerate(names)}
        self.scope = Scope(columns, closed=True)
        self._display = None
        self._has_patterns = False

    def sort(self, *sort_keys: Node) -> None:
        keys = []
        for key in sort_keys:
            expression, *descending = key.children
            if expression.data == "call":
                text = self.text
                raise unexpected(text, text.index("(", expression.children[0].end_pos))
            read = self.timed(expression).read
            keys.append((read, any(descending)))
        self._add_stage(sorting(keys))

    def limit(self, number: Token) -> None:
        if not 1 <= float(number) <= MAX_LIMIT:
            raise QueryError(f"limit must be from 1 to {MAX_LIMIT}")
        count = int(float(number))
        self._pipeline.limited = True
        self._add_stage(lambda rows: rows[:count])

    def dedup(self, *names: Token) -> None:
        readers = [identity(self.scope.find(name)) for name in names]
        self._add_stage(lambda rows: distinct(rows, readers))

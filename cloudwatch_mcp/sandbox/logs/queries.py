"""Logs Insights queries and saved query definitions."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.logs.models import logs_backends
from moto.moto_api._internal import mock_random

from cloudwatch_mcp.sandbox.insights import Query, QueryError
from cloudwatch_mcp.sandbox.logs.groups import created
from cloudwatch_mcp.sandbox.logs.operations import MalformedQueryException, Operations, page
from cloudwatch_mcp.sandbox.logs.running_query import LogGroupRange, RunningQuery

_MAX_LOG_GROUPS = 50
_PAGE = 10_000
_DAY = 86_400_000
_SELECTIONS = ("logGroupName", "logGroupNames", "logGroupIdentifiers")


class QueryOperations(Operations):
    def start_query(self) -> str:
        request = self.request()
        language = request.get("queryLanguage", "CWLI")
        if language != "CWLI":
            raise InvalidParameterException(
                f"The sandbox lacks the query language {language}; use the Logs Insights query language (CWLI)."
            )
        query = self._compile(request)
        groups = self._log_groups(request, query.source)
        _check_classes(groups, query)
        start, end = request["startTime"] * 1000, request["endTime"] * 1000
        subqueries = [[self._log_group(name) for name in each.log_groups] or groups for each in query.subqueries]
        running = RunningQuery(
            query_id=str(mock_random.uuid4()),
            text=request["queryString"],
            query=query,
            ranges=self._ranges(groups, start, end),
            window=end - start,
            subquery_ranges=[self._ranges(inner, start, end) for inner in subqueries],
            limit=request.get("limit"),
            created=self.state.now(),
            polls_to_complete=self.state.polls_to_complete,
        )
        self.regional.queries[running.query_id] = running
        return json.dumps({"queryId": running.query_id})

    def get_query_results(self) -> str:
        request = self.request()
        answer = self._query(request["queryId"]).poll()
        details = {"statistics": answer.statistics, "status": answer.status, "queryLanguage": "CWLI"}
        return page(request, "results", answer.rows, request.get("maxItems") or _PAGE, **details)

    def stop_query(self) -> str:
        if not self._query(self.request()["queryId"]).stop():
            raise InvalidParameterException("Query is not running")
        return json.dumps({"success": True})

    def describe_queries(self) -> str:
        request = self.request()
        queries = [query.description() for query in self.regional.queries.values()]
        for name in ("status", "logGroupName", "queryLanguage"):
            queries = [query for query in queries if request.get(name) in (None, query[name])]
        return page(request, "queries", queries[::-1], request.get("maxResults", 1000))

    def _query(self, query_id: str) -> RunningQuery:
        query = self.regional.queries.get(query_id)
        if query is None:
            raise ResourceNotFoundException("The specified query does not exist.")
        return query

    def _compile(self, request: Mapping[str, Any]) -> Query:
        text = request["queryString"]
        try:
            return Query(text, self.state.clock.now())
        except QueryError as error:
            start, end = request["startTime"], request["endTime"]
            names = [name for parameter in _SELECTIONS for name in _listed(request.get(parameter))]
            prefix = f"SOURCE '{','.join(names)}' START={start} END={end} |" if names else ""
            raise MalformedQueryException(error.shifted(len(prefix))) from error

    def _log_groups(self, request: Mapping[str, Any], source: Mapping[str, list[str]] | None) -> list[Any]:
        parameters = [name for name in _SELECTIONS if request.get(name)]
        if source is not None and not parameters:
            return self._groups_of_source(source)
        if source is not None or len(parameters) != 1:
            raise InvalidParameterException(
                "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be given, "
                "or the query must begin with SOURCE."
            )
        (name,) = parameters
        identifiers = [request[name]] if name == "logGroupName" else list(dict.fromkeys(request[name]))
        if len(identifiers) > _MAX_LOG_GROUPS:
            raise InvalidParameterException(
                constraint=f"Member must have length less than or equal to {_MAX_LOG_GROUPS}",
                parameter=name,
                value=f"[{', '.join(identifiers)}]",
            )
        return [self._log_group(identifier) for identifier in identifiers]

    def _groups_of_source(self, source: Mapping[str, list[str]]) -> list[Any]:
        """The log groups of a SOURCE command (docs: CWL_QuerySyntax-Source)."""
        accounts = source.get("accountIdentifiers") or source.get("accountIdentifier") or self.accounts
        classes = source.get("class") or source.get("logGroupClass") or ["STANDARD"]
        prefixes = tuple(source.get("namePrefix", ("",)))
        groups = self.groups_of(accounts)
        return [group for group in groups if group.log_group_class in classes and group.name.startswith(prefixes)]

    def _log_group(self, identifier: str) -> Any:
        """The log group with this name or ARN, in this account or a source account."""
        region, account, name = self.region, self.current_account, identifier
        if identifier.startswith("arn:"):
            _, _, _, region, account, _, name = (identifier + 6 * ":").split(":", 6)
            name = name.rstrip(":")
        known = account in self.accounts and region == self.region
        group = logs_backends[account][region].groups.get(name) if known else None
        if group is None:
            raise ResourceNotFoundException(f"Log group '{name}' does not exist for account ID '{account}'")
        return group

    def _ranges(self, groups: Sequence[Any], start: int, end: int) -> list[LogGroupRange]:
        if start > end:
            raise InvalidParameterException("Start time must be before end time.")
        ranges = []
        for group in groups:
            first = group.event_log.first_timestamp()
            oldest = created(group) if first is None else min(created(group), first)
            if group.retention_in_days:
                oldest = max(oldest, self.state.now() - group.retention_in_days * _DAY)
            ranges.append(LogGroupRange(group.event_log, max(start, oldest), end))
        if ranges and all(oldest > end for _, oldest, _ in ranges):
            raise MalformedQueryException(
                QueryError(
                    "Query's end date and time is either before the log groups creation time or exceeds the "
                    f"log groups log retention settings ([0,{(ranges[0].start - end) // _DAY}])"
                )
            )
        return ranges


class QueryDefinitionOperations(Operations):
    def put_query_definition(self) -> str:
        request = self.request()
        definitions = self.regional.query_definitions
        query_definition_id = request.get("queryDefinitionId") or str(mock_random.uuid4())
        if "queryDefinitionId" in request and query_definition_id not in definitions:
            raise ResourceNotFoundException("The specified query definition does not exist.")
        definitions[query_definition_id] = {
            "queryLanguage": "CWLI",
            "logGroupNames": [],
            **{member: value for member, value in request.items() if member != "clientToken"},
            "queryDefinitionId": query_definition_id,
            "lastModified": self.state.now(),
        }
        return json.dumps({"queryDefinitionId": query_definition_id})

    def describe_query_definitions(self) -> str:
        request = self.request()
        prefix, language = request.get("queryDefinitionNamePrefix", ""), request.get("queryLanguage")
        definitions = [each for each in self.regional.query_definitions.values() if each["name"].startswith(prefix)]
        definitions = [each for each in definitions if language in (None, each["queryLanguage"])]
        definitions.sort(key=lambda definition: definition["name"])
        return page(request, "queryDefinitions", definitions, request.get("maxResults", 50))

    def delete_query_definition(self) -> str:
        query_definition_id = self.request()["queryDefinitionId"]
        if self.regional.query_definitions.pop(query_definition_id, None) is None:
            raise ResourceNotFoundException("The specified query definition does not exist.")
        return json.dumps({"success": True})


def _listed(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else value or []


def _check_classes(groups: Sequence[Any], query: Query) -> None:
    """Some commands need a log group of the STANDARD class (docs: CWL_AnalyzeLogData_Classes)."""
    for group in groups:
        if group.log_group_class == "DELIVERY":
            raise InvalidParameterException(
                f"Log group {group.name} is of the DELIVERY log class, which Logs Insights cannot query."
            )
        if group.log_group_class != "STANDARD" and query.standard_class_only:
            raise InvalidParameterException(
                f"The {query.standard_class_only[0]} command is not supported by log group {group.name} "
                f"of the {group.log_group_class} log class."
            )

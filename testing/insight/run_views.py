"""Runs the views of infrastructure/insight.yaml over heartbeats, in DuckDB: the SQL is translated from Athena's dialect by sqlglot.

Standard input is JSON: {"columns": [{"Name", "Type"}], "day", "records": [text, …], "views": [SQL, …], "queries": [SQL, …]}. The records are what
AWS IoT hands to Amazon Data Firehose, one after another. Standard output is JSON, the rows of each query.
"""
import json
import os
import sys
import tempfile

import duckdb
import sqlglot


def lower(value):
    """Names as the OpenX JSON SerDe has them: their case does not count."""
    if isinstance(value, dict):
        return {name.lower(): lower(one) for name, one in value.items()}
    return [lower(one) for one in value] if isinstance(value, list) else value


def translated(sql):
    return sqlglot.transpile(sql, read="athena", write="duckdb", unsupported_level=sqlglot.ErrorLevel.RAISE)[0]


def type_of(hive):
    return sqlglot.exp.DataType.build(hive, dialect="hive").sql(dialect="duckdb")


asked = json.load(sys.stdin)
records, rest = [], "".join(asked["records"])
while rest.strip():
    record, end = json.JSONDecoder().raw_decode(rest.lstrip())
    records.append(lower(record))
    rest = rest.lstrip()[end:]
with tempfile.TemporaryDirectory() as folder:
    source, parquet = os.path.join(folder, "records.json"), os.path.join(folder, "part.parquet")
    with open(source, "w", encoding="utf-8") as file:
        file.write("\n".join(json.dumps(record) for record in records))
    database = duckdb.connect()
    columns = ", ".join(f"'{column['Name']}': '{type_of(column['Type'])}'" for column in asked["columns"])
    database.execute(
        f"COPY (SELECT * FROM read_json('{source}', format = 'newline_delimited', columns = {{{columns}}})) "
        f"TO '{parquet}' (FORMAT parquet, COMPRESSION snappy)"
    )
    database.execute(f"CREATE VIEW heartbeats AS SELECT *, '{asked['day']}' AS day FROM read_parquet('{parquet}')")
    for view in asked["views"]:
        database.execute(translated(view))
    answers = []
    for query in asked["queries"]:
        found = database.execute(translated(query))
        names = [column[0] for column in found.description]
        answers.append([dict(zip(names, row)) for row in found.fetchall()])
    print(json.dumps(answers, default=str))

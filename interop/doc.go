// Package interop tests that services made with Leat and with the Python package watermill 3.6.7 can feed each other on
// Kafka: records and end-of-stream marks mean the same to both. The test needs a Kafka at LEAT_TEST_KAFKA and, as
// LEAT_TEST_PYTHON, a Python that has the packages of requirements.txt; .ci/run interop provides both. Random tables of CSV and
// Parquet, which need no Kafka, must be the same to Leat, pandas and DuckDB, whoever has written them, and as-of joins of random
// tables match what they match in pandas, polars and DuckDB, but for what docs/joins.md says of these.
package interop

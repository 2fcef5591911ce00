package main

// What help says of commands beside their flags: an example of each.

// Help implements kong's HelpProvider.
func (c *runCommand) Help() string {
	return "For example: leat run join.yaml, or leat run join.yaml --dry-run --limit 5 to see what it would give."
}

// Help implements kong's HelpProvider.
func (c *planCommand) Help() string {
	return "For example: leat plan join.yaml, or leat plan join.yaml --format dot | dot -Tsvg > join.svg."
}

// Help implements kong's HelpProvider.
func (c *checkCommand) Help() string {
	return "For example: leat check join.yaml. The exit status is 1 where something would stop a run."
}

// Help implements kong's HelpProvider.
func (c *captureCommand) Help() string {
	return "For example: leat capture join.yaml --from 120 --to 160 case."
}

// Help implements kong's HelpProvider.
func (c *lagCommand) Help() string { return "For example: leat lag orders.yaml." }

// Help implements kong's HelpProvider.
func (c *positionsCommand) Help() string {
	return "For example: leat positions orders.yaml, or leat positions orders.yaml --reset to begin anew."
}

// Help implements kong's HelpProvider.
func (c *loadCommand) Help() string {
	return "For example: leat topic load --brokers localhost:9092 --end orders.jsonl orders --key customer, or in Avro: leat " +
		"topic load orders.csv orders --key id --format avro --schema order.avsc --registry http://localhost:8081. With a " +
		"registry and no schema, values are written with the latest one of the subject orders-value, and keys with that of " +
		"orders-key."
}

// Help implements kong's HelpProvider.
func (c *dumpCommand) Help() string {
	return "For example: leat topic dump --brokers localhost:9092 orders, or of records in Avro: leat topic dump orders " +
		"--format avro --registry http://localhost:8081. What it writes leat topic load takes again, with the same flags: leat " +
		"topic dump orders --records > orders.jsonl, and leat topic load orders.jsonl copy --records."
}

// Help implements kong's HelpProvider.
func (c *endCommand) Help() string {
	return "For example: leat topic end --brokers localhost:9092 orders."
}

// Help implements kong's HelpProvider.
func (c *helpCommand) Help() string { return "For example: leat help topic load." }

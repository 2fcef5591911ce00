package main

import (
	_ "embed"
	"fmt"
)

// schema is the JSON Schema of pipeline files. CONTRIBUTING.md says how a new member gets into it.
//
//go:embed pipeline.schema.json
var schema string

type schemaCommand struct{}

// Help is what is said of the command beside its flags.
func (c *schemaCommand) Help() string {
	return "For example: leat schema > pipeline.schema.json. A pipeline file that begins with the line  " +
		"# yaml-language-server: $schema=pipeline.schema.json  is completed and checked by editors that know YAML."
}

// Run prints the schema.
func (c *schemaCommand) Run(a *app) error {
	_, err := fmt.Fprint(a.stdout, schema)
	return err
}

package main

import "context"

// The two runs write each bill once: the second goes on where the first one ended.
func Example() {
	if err := run(context.Background()); err != nil {
		panic(err)
	}
	// Output:
	// bills:
	// 1 {"customer":"Ada","total":20}
	// 2 {"customer":"Cem","total":4}
	// bills:
	// 1 {"customer":"Ada","total":20}
	// 2 {"customer":"Cem","total":4}
	// 3 {"customer":"Dilek","total":39}
}

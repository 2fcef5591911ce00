package main

func Example() {
	program().Print()
	// Output:
	// {"hour":0,"readings":3,"low":11.5,"high":12.5}
	// {"hour":1,"readings":3,"low":11,"high":16.5}
	// {"hour":2,"readings":3,"low":18,"high":20}
	// {"hour":3,"readings":3,"low":15,"high":19}
}

package main

func Example() {
	program().Print()
	// Output:
	// apple     12 for  150 cents each
	// bread      5 for  300 cents each
	// cheese     2 for  900 cents each
	// dates      0 for  450 cents each
	// eggs      30 for   40 cents each
	// figs       8 for  260 cents each
}

package main

func Example() {
	main()
	// Unordered output:
	// ship apples: order 1 is paid in 1 part(s)
	// order 2 of bread is not paid: gap, its neighbours are 1 and 3
	// 900 cents are for order 3, which nobody made: gap, its neighbours are 2 and 4
	// ship dates: order 4 is paid in 2 part(s)
	// ship eggs: order 5 is paid in 1 part(s)
	// order 9 of figs is not paid: ended, its neighbours are 5 and <nil>
}

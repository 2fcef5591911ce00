package main

func Example() {
	main()
	// Output:
	// {"title":"apple","price":165}
	// {"title":"bread","price":330}
	// {"title":"cheese","price":990}
	// {"title":"eggs","price":44}
	// {"title":"figs","price":286}
}

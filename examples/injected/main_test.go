package main

func Example() {
	main()
	// Output:
	// {"time":0,"place":"boiler","celsius":88}
	// {"time":1,"place":"cellar","celsius":15}
	// {"time":10,"place":"boiler","celsius":90}
	// {"time":11,"place":"roof","celsius":-10.375}
	// {"time":12,"place":"cellar","celsius":15.5}
	// {"time":20,"place":"boiler","celsius":92.5}
	// {"time":22,"place":"roof","celsius":-10}
}

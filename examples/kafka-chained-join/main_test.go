package main

func Example() {
	program().Print()
	// Output:
	// {"time":10,"percent":0}
	// {"time":20,"percent":5}
	// {"time":40,"percent":0}
	// {"time":50,"percent":-10}
	// {"time":60,"percent":0}
	// {"time":70,"percent":-20}
	// {"time":80,"percent":0}
	// {"time":110,"percent":25}
}

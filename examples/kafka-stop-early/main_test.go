package main

func Example() {
	program().Print()
	// Output:
	// {"time":0,"left":50}
	// {"time":10,"left":47}
	// {"time":20,"left":41}
	// {"time":30,"left":36}
	// {"time":40,"left":28}
	// {"time":50,"left":16}
	// {"time":60,"left":4}
	// {"time":70,"left":0}
}

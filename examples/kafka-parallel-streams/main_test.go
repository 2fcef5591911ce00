package main

func Example() {
	program().Print()
	// Output:
	// {"time":0,"robot":"robot-2","distance":5}
	// {"time":10,"robot":"robot-2","distance":5}
	// {"time":20,"robot":"robot-3","distance":10}
	// {"time":30,"robot":"robot-3","distance":4}
	// {"time":40,"robot":"robot-3","distance":3}
	// {"time":60,"robot":"robot-3","distance":10}
	// {"time":70,"robot":"robot-2","distance":5}
}

package main

func Example() {
	program().Print()
	// Output:
	// {"time_seconds":0,"seconds":3,"frames":12,"loudest":0.8,"brightness":60}
	// {"time_seconds":3,"seconds":2,"frames":8,"loudest":0.7,"brightness":65}
	// {"time_seconds":6,"seconds":3,"frames":12,"loudest":0.9,"brightness":73.33333333333333}
	// {"time_seconds":9,"seconds":1,"frames":4,"loudest":0.1,"brightness":80}
}

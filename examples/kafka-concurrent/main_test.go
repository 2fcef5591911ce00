package main

func Example() {
	program().Print()
	// Output:
	// {"id":1,"cell":9}
	// {"id":2,"cell":9}
	// {"id":3,"cell":11}
	// {"id":4,"cell":10}
	// {"id":5,"cell":9}
	// {"id":6,"cell":11}
	// {"id":7,"cell":9}
	// {"id":8,"cell":11}
	// {"id":9,"cell":10}
	// {"id":10,"cell":9}
	// {"id":11,"cell":10}
	// {"id":12,"cell":10}
}

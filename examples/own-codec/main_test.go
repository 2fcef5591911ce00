package main

func Example() {
	main()
	// Output:
	// {"type":"corrected","data":{"number":1,"total":40}}
	// {"type":"corrected","data":{"number":3,"total":60}}
}

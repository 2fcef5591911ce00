package main

func Example() {
	program().Print()
	// Output:
	// {"order":1,"customer":"Ada","parcels":["P-701"],"due":0}
	// {"order":3,"customer":"Cem","parcels":["P-703","P-704"],"due":0}
	// {"order":5,"customer":"Dilek","parcels":["P-705"],"due":5}
}

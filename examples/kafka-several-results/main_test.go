package main

func Example() {
	program().Print()
	// Output:
	// points:
	// {"time":50,"x":44,"y":68}
	// {"time":55,"x":50,"y":70.5}
	// {"time":60,"x":56,"y":73}
	// {"time":65,"x":58,"y":74.5}
	// {"time":70,"x":60,"y":76}
	// {"time":75,"x":60,"y":79}
	// moves:
	// {"time_from":50,"axis":"x","distance":12}
	// {"time_from":50,"axis":"y","distance":5}
	// {"time_from":60,"axis":"x","distance":4}
	// {"time_from":60,"axis":"y","distance":3}
	// {"time_from":70,"axis":"y","distance":6}
	// rests:
	// {"time_from":80,"time_to":90}
	// {"time_from":90,"time_to":100}
}

package leat_test

import (
	"context"
	"fmt"

	"github.com/leat-go/leat"
)

// A self-join needs no further type: the field Next is a node of the join tree, and reads the same stream.
func ExampleTyped() {
	type input struct {
		Location
		Next []Location
	}
	speed := func(_ context.Context, in *input) (Speed, error) {
		s := Speed{in.Time, (in.Next[0].X - in.X) / 10}
		printSpeed(s)
		return s, nil
	}
	runMill(leat.Typed(speed), leat.Join(
		func(l Location) int { return l.Time + 10 },
		func(r Location) int { return r.Time },
	))
	// Output:
	// 0 0.1
	// 10 0.3
}

// The matches of a match lie beside it. A sink has the result struct{}.
func ExampleTyped_tree() {
	type input struct {
		Location
		Next []struct {
			Location
			Doors []Door
		}
	}
	doors := func(_ context.Context, in *input) (struct{}, error) {
		for _, next := range in.Next {
			for _, door := range next.Doors {
				fmt.Println(in.Time, "to", next.Time, "by the", door.Name)
			}
		}
		return struct{}{}, nil
	}
	runMill(leat.Typed(doors),
		leat.Join(func(l Location) int { return l.Time + 10 }, locationTime),
		leat.Join(locationTime, doorTime),
	)
	// Output:
	// 0 to 10 by the hall
	// 0 to 10 by the porch
}

// With a window the input holds the list of the masters, each beside its matches.
func ExampleTyped_window() {
	type input struct {
		Minute []struct {
			Location
			Doors []Door
		}
	}
	count := func(_ context.Context, in *input) (struct{}, error) {
		doors := 0
		for _, l := range in.Minute {
			doors += len(l.Doors)
		}
		fmt.Println("minute", in.Minute[0].minute(), "has", doors, "doors")
		return struct{}{}, nil
	}
	runMill(leat.Typed(count), leat.Window(Location.minute), leat.Join(locationTime, doorTime))
	// Output:
	// minute 0 has 2 doors
	// minute 1 has 1 doors
}

// The broker of this example has two streams of doors, one of them under the name "back". Each field reads the one of
// its name, or else the one without.
func ExampleTyped_named() {
	type input struct {
		Location
		Front []Door
		Back  []Door
	}
	doors := func(_ context.Context, in *input) (struct{}, error) {
		fmt.Println(in.Time, len(in.Front), "front doors,", in.Back[0].Name)
		return struct{}{}, nil
	}
	runMill(leat.Typed(doors),
		leat.Join(locationTime, doorTime, leat.Named("Front")),
		leat.Join(locationTime, doorTime, leat.Named("Back")),
	)
	// Output:
	// 10 2 front doors, stable
	// 70 1 front doors, shed
}

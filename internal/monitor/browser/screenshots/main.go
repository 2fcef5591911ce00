// Command screenshots makes the screenshots of the monitor's page in the documents:
//
//	go -C internal/monitor/browser run ./screenshots
//
// It needs Chromium.
package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/leat-go/leat/internal/monitor/browser"
	"github.com/leat-go/leat/internal/monitor/simulation"
)

// folder is where the screenshots go, seen from this module.
const folder = "../../../docs/images"

// A screenshot is one to be made.
type screenshot struct {
	file   string
	screen browser.Screen
	stall  bool
}

func screenshots() []screenshot {
	wide := browser.Screen{Width: 1240, Height: 900, Scale: 1.25}
	dark := wide
	dark.Dark = true
	return []screenshot{
		{"monitor-light.png", wide, false},
		{"monitor-dark.png", dark, true},
		{"monitor-phone.png", browser.Screen{Width: 390, Height: 1400, Scale: 1.5, Phone: true}, true},
	}
}

func main() {
	log.SetFlags(0)
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	tab, stop, err := browser.Start(ctx)
	if err != nil {
		return err
	}
	defer stop()
	for _, p := range screenshots() {
		shot, err := p.take(ctx, tab)
		if err != nil {
			return err
		}
		path := filepath.Join(folder, p.file)
		if err := os.WriteFile(path, shot, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s %d kB\n", path, len(shot)/1000)
	}
	return nil
}

// haste is how much faster than time the played run is, so that the lines are long after some seconds.
const haste = 12

// take plays a run for some seconds, lets a stream stall if the screenshot wants it, and takes the screenshot.
func (p screenshot) take(ctx, tab context.Context) (shot []byte, err error) {
	begin := time.Now()
	clock := func() time.Time {
		return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).Add(haste * time.Since(begin))
	}
	played := simulation.New(clock().Add(-47*time.Minute), clock)
	err = browser.Serve(ctx, played.Snapshot, 100*time.Millisecond, func(url string) error {
		if err := chromedp.Do(tab, p.screen.On(), chromedp.Navigate(url), chromedp.Sleep(9*time.Second)); err != nil {
			return err
		}
		if p.stall {
			played.Stall(1, 2)
		}
		if err := chromedp.Do(tab, chromedp.Sleep(1050*time.Millisecond)); err != nil {
			return err
		}
		if p.screen.Phone {
			shot, err = chromedp.Run(tab, chromedp.CaptureScreenshot())
		} else {
			shot, err = chromedp.Run(tab, chromedp.FullScreenshot(100))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return smaller(shot)
}

// smaller encodes a screenshot with a palette: a page has few colours.
func smaller(shot []byte) ([]byte, error) {
	screenshot, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		return nil, err
	}
	reduced := image.NewPaletted(screenshot.Bounds(), palette(screenshot))
	draw.Draw(reduced, reduced.Bounds(), screenshot, screenshot.Bounds().Min, draw.Src)
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	err = encoder.Encode(&out, reduced)
	return out.Bytes(), err
}

// palette returns the 256 colours that stand for most of a screenshot, of those that differ enough to be told apart.
func palette(screenshot image.Image) color.Palette {
	counts := map[color.RGBA]int{}
	bounds := screenshot.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			r, g, b, _ := screenshot.At(x, y).RGBA()
			counts[color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}]++
		}
	}
	for distance := 0; ; distance += 4 {
		if chosen := choose(counts, distance); len(chosen) <= 256 {
			return chosen
		}
	}
}

// Package browser looks at the monitor's page in a headless Chromium, for its tests and its pictures. It is a module of
// its own, so that who imports Leat doesn't get what drives a browser.
package browser

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/internal/monitor"
	"github.com/leat-go/leat/observe"
)

// Chromium returns the path of the browser: that in LEAT_TEST_CHROMIUM, or the one that the system knows.
func Chromium() (string, error) {
	if path := os.Getenv("LEAT_TEST_CHROMIUM"); path != "" {
		return path, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no Chromium; on Debian: apt-get install chromium")
}

// Start starts a browser. Its context is that of a first tab.
func Start(ctx context.Context) (context.Context, context.CancelFunc, error) {
	path, err := Chromium()
	if err != nil {
		return nil, nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.WSURLReadTimeout(time.Minute))
	allocator, stop := chromedp.NewExecAllocator(ctx, options...)
	tab, closeTab := chromedp.NewContext(allocator)
	if err := chromedp.Do(tab); err != nil {
		closeTab()
		stop()
		return nil, nil, fmt.Errorf("the browser doesn't start: %w", err)
	}
	return tab, func() { closeTab(); stop() }, nil
}

// Serve serves the page of what snapshot tells while look looks at it.
func Serve(ctx context.Context, snapshot func() observe.Snapshot, interval time.Duration,
	look func(url string) error) error {
	address, err := monitor.ParseAddress("localhost:0")
	if err != nil {
		return err
	}
	server, err := monitor.Listen(ctx, address)
	if err != nil {
		return err
	}
	server.Interval = interval
	var g errgroup.Group
	g.Go(func() error {
		return server.Watch(ctx, slog.New(slog.DiscardHandler), snapshot, func() error { return look(server.URL()) })
	})
	return g.Wait()
}

// A Screen is what a page is looked at on.
type Screen struct {
	Width, Height int64
	Scale         float64
	Dark, Phone   bool
}

// On makes a tab look like a screen.
func (s Screen) On() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		scheme := "light"
		if s.Dark {
			scheme = "dark"
		}
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		if err != nil {
			return err
		}
		_, err = chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: s.Width, Height: s.Height, DeviceScaleFactor: s.Scale, Mobile: s.Phone,
		})
		return err
	})
}

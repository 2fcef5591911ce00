//go:build browser

package browser_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/leat-go/leat/internal/monitor/browser"
	"github.com/leat-go/leat/internal/monitor/simulation"
	"github.com/leat-go/leat/observe"
)

// A visit is a tab that looks at the page of a played run.
type visit struct {
	t    *testing.T
	ctx  context.Context
	play *simulation.Run
}

// haste is how much faster than time played runs are: a stall of seconds takes a moment.
const haste = 20

func desk() browser.Screen  { return browser.Screen{Width: 1240, Height: 900, Scale: 1} }
func phone() browser.Screen { return browser.Screen{Width: 360, Height: 740, Scale: 1, Phone: true} }

// look opens a tab on a played run, and looks at it. Nothing that it does may make the browser complain.
func look(tab context.Context, t *testing.T, screen browser.Screen, change func(*observe.Snapshot),
	visitor func(*visit)) {
	t.Helper()
	begin := time.Now()
	clock := func() time.Time { return begin.Add(haste * time.Since(begin)) }
	play := simulation.New(begin.Add(-10*time.Minute), clock)
	play.Change = change
	ctx, closeTab := chromedp.NewContext(tab)
	defer closeTab()
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	said, quiet := context.WithCancel(ctx)
	defer quiet()
	messages := chromedp.Console(said)
	err := browser.Serve(ctx, play.Snapshot, 50*time.Millisecond, func(url string) error {
		v := &visit{t, ctx, play}
		v.do(screen.On(), chromedp.Navigate(url))
		v.until(`document.querySelectorAll("#tree .card .rate").length === 4 && document.querySelector("#tree ` +
			`.rate").textContent !== ""`)
		visitor(v)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	quiet()
	for message, err := range messages {
		if err != nil {
			break
		}
		if message.IsException() || message.Type == "error" || message.Type == "warning" {
			t.Errorf("the browser says: %v", message)
		}
	}
}

func (v *visit) do(actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, actions...); err != nil {
		v.t.Fatal(err)
	}
}

// until waits until an expression is true on the page.
func (v *visit) until(expression string) {
	v.t.Helper()
	if _, err := chromedp.Run(v.ctx, chromedp.Poll[bool](expression,
		chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		v.t.Fatalf("%s: %v; the page says\n%s", expression, err, value[string](v, "document.body.innerText"))
	}
}

// value returns what an expression is on the page.
func value[T any](v *visit, expression string) T {
	v.t.Helper()
	x, err := chromedp.Run(v.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		v.t.Fatalf("%s: %v", expression, err)
	}
	return x
}

// expect compares what an expression is on the page with what it should be.
func expect[T comparable](v *visit, expression string, want T) {
	v.t.Helper()
	if got := value[T](v, expression); got != want {
		v.t.Errorf("%s\n\tis   %v\n\twant %v", expression, got, want)
	}
}

func TestPage(t *testing.T) {
	tab, stop, err := browser.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for name, test := range map[string]func(context.Context, *testing.T){
		"the tree is drawn, and numbers move":         testTree,
		"a stalled stream shows as what blocks":       testStall,
		"hostile texts do nothing":                    testHostile,
		"nothing overflows on a phone":                testPhone,
		"everything has an accessible name":           testNames,
		"texts can be told from their ground":         testContrast,
		"the keyboard leads on":                       testKeyboard,
		"who wants no motion gets none":               testMotion,
		"the end of a run is told":                    testEnd,
		"keys of another kind have an axis of theirs": testAxes,
	} {
		t.Run(name, func(t *testing.T) { test(tab, t) })
	}
}

func testTree(tab context.Context, t *testing.T) {
	look(tab, t, desk(), nil, func(v *visit) {
		const names = `[...document.querySelectorAll("#tree > ul:not(.outputs) %s > article h3 bdi")].map((n) => ` +
			`n.textContent).join()`
		expect(v, fmt.Sprintf(names, "> li"), "Location")
		expect(v, fmt.Sprintf(names, "> li > ul > li"), "NextLocation,Battery")
		expect(v, fmt.Sprintf(names, "> li > ul > li > ul > li"), "Photo")
		expect(v, `document.querySelectorAll("#tree .edges g").length`, 5)
		expect(v, `document.querySelector("#tree .card .on code").textContent`, "time + 10 == time")
		expect(v, `document.querySelector("#tree").classList.contains("stacked")`, false)
		expect(v, `document.querySelector("#status-text").textContent`, "joining")
		expect(v, `document.querySelectorAll("#keys .mark").length`, 4*simulation.Partitions)
		expect(v, `document.querySelectorAll("#partitions li").length`, simulation.Partitions)
		expect(v, `document.querySelectorAll("#unmatched li").length`, 3)
		before := value[string](v, `document.querySelector("#streams tbody td span").textContent`)
		v.until(fmt.Sprintf(`document.querySelector("#streams tbody td span").textContent !== %q`, before))
		v.until(`document.querySelector("#figures .trace").getAttribute("d").split("L").length > 5`)
	})
}

func testStall(tab context.Context, t *testing.T) {
	look(tab, t, desk(), nil, func(v *visit) {
		v.play.Stall(1, 2)
		v.until(`document.querySelector("#tree .card[data-state=blocking] h3 bdi")?.textContent === "NextLocation"`)
		// How long it says depends on how busy the machine is.
		v.until(`/^joining, but waiting for NextLocation\[2\] for \d+ ` +
			`(s|min)\b/.test(document.querySelector("#status-text").textContent)`)
		v.until(`document.querySelector("#announcement").textContent === "NextLocation blocks"`)
		v.until(`document.querySelector("#keys .lane b")?.textContent === "blocks [2]"`)
		v.until(`document.querySelector("#tree .card[data-state=blocking] .said").textContent.startsWith(
			"blocks in partition 2: Location[2] has waited for it for ")`)
		v.until(`document.querySelector("#partitions li[data-state=waiting] b").textContent === "2"`)
		for partition := range simulation.Partitions {
			v.play.Stall(1, partition)
		}
		v.until(`document.querySelector("#status").dataset.state === "waiting"`)
		v.until(`[...document.querySelectorAll("#tree .card .said")].some((n) => n.textContent.startsWith("waits for ` +
			`NextLocation"))`)
	})
}

func testHostile(tab context.Context, t *testing.T) {
	attacks := []string{
		`<script>window.hacked = 1</script>`,
		`<img src=x onerror="window.hacked = 1">`,
		`"><svg onload=window.hacked=1>'`,
		strings.Repeat("long", 500),
		"שָׁלוֹם עֲלֵיכֶם " + strings.Repeat("ש", 90),
		strings.Repeat("👩‍🚀", 60),
		"\u202etxt.exe\u0000\x1b[2J\n\n",
		`{{constructor.constructor("window.hacked=1")()}}`,
	}
	for _, attack := range attacks {
		hostile := func(s *observe.Snapshot) {
			s.Name, s.Outputs = attack, []string{attack, attack}
			for i := range s.Nodes {
				n := &s.Nodes[i]
				n.Name, n.Stream, n.On = fmt.Sprint(i, attack), attack, attack
			}
			for _, task := range s.Tasks {
				for i := range task.Nodes {
					task.Nodes[i].Key, task.Nodes[i].ParentKey = attack, attack
				}
			}
			for i := range s.Recent {
				u := &s.Recent[i]
				u.Node, u.Other, u.Key, u.Before, u.After = attack, attack, attack, attack, attack
				u.Stream, u.Value = attack, map[string]string{"value": attack}
			}
		}
		for _, screen := range []browser.Screen{desk(), phone()} {
			look(tab, t, screen, hostile, func(v *visit) {
				v.play.Stall(1, 2)
				v.until(`document.querySelector("#tree .card[data-state=blocking]") !== null`)
				expect(v, "window.hacked === undefined", true)
				expect(v, `document.querySelectorAll("script, iframe, img:not(header img), [onload], [onerror]").length`, 1)
				expect(v, "document.documentElement.scrollWidth <= window.innerWidth", true)
				expect(v, inside("#tree .card"), "")
				if len(attack) < 60 && !strings.ContainsRune(attack, 0) {
					expect(v, `document.querySelector("#mill").textContent`, attack)
				}
			})
		}
	}
}

// inside makes an expression that names the parts of elements that stick out of them.
func inside(selector string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(%q)].flatMap((card) => [...card.querySelectorAll("*:not(.unseen)")].filter((part) =>
		part.getBoundingClientRect().right > card.getBoundingClientRect().right + 1).map((part) => part.outerHTML.slice(0, 200))).join("\n")`,
		selector)
}

func testPhone(tab context.Context, t *testing.T) {
	for _, width := range []int64{320, 600, 820, 900, 1024} {
		screen := phone()
		screen.Width = width
		look(tab, t, screen, nil, func(v *visit) {
			v.play.Stall(1, 2)
			v.until(`document.querySelector("#tree .card[data-state=blocking]") !== null`)
			expect(v, "document.documentElement.scrollWidth <= window.innerWidth", true)
			expect(v, inside(".panel"), "")
			expect(v, `document.querySelector("#tree").classList.contains("stacked")`, true)
		})
	}
}

func testNames(tab context.Context, t *testing.T) {
	// On a phone a cell comes with the name of its column, which isn't above it there.
	for state, screen := range map[string]browser.Screen{"cell blocks": desk(), "cell State blocks": phone()} {
		look(tab, t, screen, nil, func(v *visit) {
			v.play.Stall(1, 2)
			v.until(`document.querySelector("#announcement").textContent === "NextLocation blocks"`)
			tree := v.accessible()
			for _, want := range []string{
				"banner ", "main ", "contentinfo ", "heading robot-speed", "heading Join tree", "heading Keys", "heading Streams",
				"heading Partitions", "heading Why elements were not handed over", "region Join tree", "region Figures",
				"table Streams", "columnheader Not matched", "rowheader NextLocation robot-locations",
				"heading Function robot-speed", "link snapshot.json", "status ", state,
			} {
				if !slices.Contains(tree, want) {
					t.Errorf("on %d pixels a screen reader doesn't find %q in\n%s", screen.Width, want, strings.Join(tree, "\n"))
				}
			}
			for _, nameless := range []string{"heading ", "link ", "table ", "button ", "image ", "columnheader ", "region ",
				"progressbar "} {
				if slices.Contains(tree, nameless) {
					t.Errorf("there is a %swithout a name", nameless)
				}
			}
		})
	}
}

// accessible returns roles and names as a screen reader gets them.
func (v *visit) accessible() []string {
	v.t.Helper()
	var found []string
	v.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		all, err := chromedp.Call(ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		for _, node := range all.Nodes {
			if node.Ignored || node.Role == nil {
				continue
			}
			name := ""
			if node.Name != nil {
				name = strings.Join(strings.Fields(strings.Trim(string(node.Name.Value), `"`)), " ")
			}
			found = append(found, strings.Trim(string(node.Role.Value), `"`)+" "+name)
		}
		return err
	}))
	return found
}

// contrast lists the texts whose colour is too near to that of their ground, for people who see little (WCAG 2, level
// AA).
const contrast = `(() => {
	const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
	const linear = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
	const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
	const ground = (node) => {
		for (; node; node = node.parentElement) {
			const colour = parts(getComputedStyle(node).backgroundColor);
			if (colour.length < 4 || colour[3] === 1) return colour;
		}
		return [255, 255, 255];
	};
	const wrong = [];
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) {
		const node = texts.currentNode.parentElement;
		if (!texts.currentNode.data.trim() || !node.checkVisibility() || node.closest(".unseen, noscript")) continue;
		const [a, b] = [light(parts(getComputedStyle(node).color)), light(ground(node))];
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) wrong.push(ratio.toFixed(2) + " " + texts.currentNode.data);
	}
	return wrong.join("\n");
})()`

func testContrast(tab context.Context, t *testing.T) {
	for _, dark := range []bool{false, true} {
		screen := desk()
		screen.Dark = dark
		look(tab, t, screen, nil, func(v *visit) {
			v.play.Stall(1, 2)
			v.until(`document.querySelector("#keys .lane b") !== null`)
			expect(v, contrast, "")
			expect(v, `matchMedia("(prefers-color-scheme: dark)").matches`, dark)
		})
	}
}

func testKeyboard(tab context.Context, t *testing.T) {
	look(tab, t, desk(), nil, func(v *visit) {
		v.do(chromedp.KeyEvent("\t"))
		expect(v, `document.activeElement.textContent`, "Skip to the streams")
		expect(v, `document.activeElement.getBoundingClientRect().left >= 0`, true)
		expect(v, `getComputedStyle(document.activeElement).outlineStyle`, "solid")
		v.do(chromedp.KeyEvent("\r"))
		v.until(`document.activeElement.id === "main"`)
		v.do(chromedp.KeyEvent("\t"))
		expect(v, `document.activeElement.textContent`, "snapshot.json")
	})
}

func testMotion(tab context.Context, t *testing.T) {
	const animated = `document.getAnimations().length > 0`
	look(tab, t, desk(), nil, func(v *visit) {
		v.until(animated)
		v.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}},
			})
			return err
		}))
		v.until("!(" + animated + ")")
	})
}

func testEnd(tab context.Context, t *testing.T) {
	ctx, closeTab := chromedp.NewContext(tab)
	defer closeTab()
	broken := errors.New("<i>function speed</i>: it broke")
	err := browser.Serve(ctx, simulation.New(time.Now(), time.Now).Snapshot, 50*time.Millisecond, func(url string) error {
		if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
			t.Error(err)
		}
		v := &visit{t: t, ctx: ctx}
		v.until(`document.querySelector("#mill").textContent === "robot-speed"`)
		return broken
	})
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	v := &visit{t: t, ctx: ctx}
	v.until(`document.querySelector("#status-text").textContent === "the run has failed: <i>function speed</i>: it broke"`)
	v.until(`document.querySelector("#connection").textContent.startsWith("The run has ended; this is its last state.")`)
}

func testAxes(tab context.Context, t *testing.T) {
	change := func(s *observe.Snapshot) {
		for _, task := range s.Tasks {
			task.Nodes[2].Number, task.Nodes[2].ParentNumber = 1000*task.Nodes[2].Number, 1000*task.Nodes[2].ParentNumber
		}
	}
	look(tab, t, desk(), change, func(v *visit) {
		const names = `[...document.querySelectorAll("#keys .axis")].map((axis) =>
			[...axis.querySelectorAll(".name")].map((n) => n.textContent).join()).join("; ")`
		expect(v, names, "Location,NextLocation,Battery; Photo,NextLocation for Photo")
	})
}

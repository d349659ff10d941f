package page

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"mtbench/report/internal/format"
	"mtbench/report/internal/reporttest"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// browser is a headless Chromium and what its page complained of or asked for.
type browser struct {
	ctx context.Context

	mu         sync.Mutex
	complaints []string
	requests   []string
}

// startBrowser skips the test where there is no Chromium, unless the environment insists on one.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	path := findChromium()
	if path == "" {
		if os.Getenv("CI") == "true" && os.Getenv("MTBENCH_REQUIRE_CHROMIUM") == "1" {
			t.Fatal("no chromium on PATH, and MTBENCH_REQUIRE_CHROMIUM=1: apt-get install chromium")
		}
		t.Skip("no chromium on PATH, so the page is not tested in a browser: apt-get install chromium")
	}
	opts := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.NoFirstRun,
		chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir())}
	for _, flag := range []string{"disable-quic", "disable-background-networking",
		"disable-component-update", "disable-sync", "disable-extensions", "disable-default-apps",
		"hide-scrollbars", "disable-dev-shm-usage"} {
		opts = append(opts, chromedp.Flag(flag, true))
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(func() { cancel(); stop() })
	b := &browser{}
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	ctx, late := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(late)
	b.ctx = ctx
	call(t, b, network.Enable, network.EnableParams{})
	call(t, b, log.Enable, cdp.Empty{})
	call(t, b, runtime.Enable, cdp.Empty{})
	return b
}

// call sends one command of the protocol.
func call[P, R any](t *testing.T, b *browser, cmd cdp.Command[P, R], params P) {
	t.Helper()
	if _, err := chromedp.Call(b.ctx, cmd, params); err != nil {
		t.Fatal(err)
	}
}

// eval is the value of an expression in the page.
func eval[T any](t *testing.T, b *browser, expression string) T {
	t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func findChromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func (b *browser) listen(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := ev.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *log.EventEntryAdded:
		b.complaints = append(b.complaints, e.Entry.Text)
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, fmt.Sprintf("console.%s", e.Type))
	}
}

func (b *browser) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// open shows a page and returns its address.
func (b *browser) open(t *testing.T, html []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, html, 0o644); err != nil {
		t.Fatal(err)
	}
	at := (&url.URL{Scheme: "file", Path: path}).String()
	b.do(t, chromedp.Navigate(at), chromedp.WaitReady(chromedp.CSS("footer")))
	return at
}

// look sets the medium: width in pixels, and light or dark.
func (b *browser) look(t *testing.T, width int64, scheme string) {
	t.Helper()
	call(t, b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 500})
	call(t, b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// silent fails the test on anything that the page said or asked for.
func (b *browser) silent(t *testing.T, at string) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.complaints {
		t.Errorf("the browser's console: %s", c)
	}
	for _, r := range b.requests {
		if r != at {
			t.Errorf("the page asked for %.100s", r)
		}
	}
}

// contrastJS finds text that stands out too little from what is behind it. In pictures that is
// the last shape drawn under the middle of the text.
const contrastJS = `(function () {
  function rgb(s) {
    var m = s.match(/[\d.]+/g);
    return m ? { r: +m[0], g: +m[1], b: +m[2], a: m.length > 3 ? +m[3] : 1 } : null;
  }
  function over(c, b) {
    return { r: c.r * c.a + b.r * (1 - c.a), g: c.g * c.a + b.g * (1 - c.a),
      b: c.b * c.a + b.b * (1 - c.a), a: 1 };
  }
  function lum(c) {
    var v = [c.r, c.g, c.b].map(function (x) {
      x /= 255; return x <= 0.03928 ? x / 12.92 : Math.pow((x + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2];
  }
  function ratio(a, b) {
    var x = lum(a), y = lum(b);
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  }
  function paper(el) {
    for (; el; el = el.parentElement) {
      var c = rgb(getComputedStyle(el).backgroundColor);
      if (c && c.a > 0.99) { return c; }
    }
    return { r: 255, g: 255, b: 255, a: 1 };
  }
  function behind(text, shapes) {
    var box = text.getBoundingClientRect(), c = paper(text.ownerSVGElement);
    var x = box.left + box.width / 2, y = box.top + box.height / 2;
    shapes.forEach(function (p) {
      if (!(p.compareDocumentPosition(text) & 4)) { return; }
      var r = p.box;
      if (x < r.left || x > r.right || y < r.top || y > r.bottom) { return; }
      var pt = new DOMPoint(x, y).matrixTransform(p.getScreenCTM().inverse());
      if (!p.isPointInFill(pt)) { return; }
      var s = getComputedStyle(p), f = rgb(s.fill);
      if (!f) { return; }
      f.a *= +s.fillOpacity;
      c = over(f, c);
    });
    return c;
  }
  var bad = [], n = 0;
  function check(what, fg, bg) {
    n++;
    var k = ratio(over(fg, bg), bg);
    if (k < 4.5) { bad.push(k.toFixed(2) + ": " + what.trim().slice(0, 60)); }
  }
  document.querySelectorAll("svg").forEach(function (svg) {
    if (svg.getBoundingClientRect().width === 0) { return; }
    var shapes = Array.from(svg.querySelectorAll("path"));
    shapes.forEach(function (p) { p.box = p.getBoundingClientRect(); });
    svg.querySelectorAll("text").forEach(function (t) {
      check("svg " + t.textContent, rgb(getComputedStyle(t).fill), behind(t, shapes));
    });
  });
  document.querySelectorAll("details").forEach(function (d) { d.open = true; });
  var walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    var node = walk.currentNode, el = node.parentElement;
    if (!node.textContent.trim() || el.closest("svg,script") || !el.getClientRects().length) {
      continue;
    }
    check(node.textContent, rgb(getComputedStyle(el).color), paper(el));
  }
  return { n: n, bad: bad.slice(0, 20) };
})()`

// TestPageInBrowser looks at the page as a browser shows it. One browser serves all parts.
func TestPageInBrowser(t *testing.T) {
	t.Parallel()
	b := startBrowser(t)
	s := reporttest.SmallSynth()
	s.Threads, s.Pairs = []int{1, 8}, 6 // a browser lays a larger page out for many seconds
	f := s.File()
	html := pageOfFiles(t, f)
	at := b.open(t, html)
	testLooks(t, b)
	t.Run("figures", func(t *testing.T) { testFigures(t, b, f) })
	b.silent(t, at)
	t.Run("without script", func(t *testing.T) { testWithoutScript(t, b, html) })
}

// testLooks tries both widths and both schemes.
func testLooks(t *testing.T, b *browser) {
	t.Helper()
	for _, width := range []int64{360, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(fmt.Sprintf("%d px %s", width, scheme), func(t *testing.T) {
				b.look(t, width, scheme)
				testOverflow(t, b)
				testContrast(t, b)
			})
		}
	}
}

func testOverflow(t *testing.T, b *browser) {
	t.Helper()
	has := eval[int64](t, b, `document.documentElement.scrollWidth`)
	room := eval[int64](t, b, `window.innerWidth`)
	if has > room {
		t.Errorf("the page is %d px wide in a window of %d", has, room)
	}
}

func testContrast(t *testing.T, b *browser) {
	t.Helper()
	got := eval[struct {
		N   int      `json:"n"`
		Bad []string `json:"bad"`
	}](t, b, contrastJS)
	if got.N < 1000 {
		t.Errorf("only %d texts were looked at", got.N)
	}
	for _, bad := range got.Bad {
		t.Errorf("contrast under 4.5: %s", bad)
	}
}

// testFigures compares every run of the page with the file, as the browser holds them, and a mark
// with the run that it stands for.
func testFigures(t *testing.T, b *browser, f *results.File) {
	t.Helper()
	b.look(t, 1280, "light")
	rows := eval[[]map[string]string](t, b, `Array.from(document.querySelectorAll(
		"table.runs tbody tr")).map(function (r) { return Object.assign({}, r.dataset); })`)
	if len(rows) != len(f.Runs) {
		t.Fatalf("%d rows for %d runs", len(rows), len(f.Runs))
	}
	for i := range f.Runs {
		testRow(t, &f.Runs[i], rows[i])
	}
	testTip(t, b, &f.Runs[3])
}

func testRow(t *testing.T, r *results.Run, row map[string]string) {
	t.Helper()
	want := map[string]string{"index": strconv.Itoa(r.Index), "model": r.Model,
		"threads": strconv.Itoa(r.Threads), "wait": strconv.FormatBool(r.Wait),
		"completed": strconv.FormatBool(r.Completed), "pages": strconv.FormatInt(r.Pages, 10),
		"wireBytes": strconv.FormatInt(r.WireBytes, 10)}
	for name, text := range want {
		if row[name] != text {
			t.Errorf("run %d: %s is %q in the page, %q in the file", r.Index, name, row[name], text)
		}
	}
	if ms, err := strconv.ParseFloat(row["totalTimeMs"], 64); err != nil || ms != r.TotalTimeMS {
		t.Errorf("run %d: total time %q, want %v", r.Index, row["totalTimeMs"], r.TotalTimeMS)
	}
}

// testTip points at the mark of a run in the first picture.
func testTip(t *testing.T, b *browser, r *results.Run) {
	t.Helper()
	mark := fmt.Sprintf(`#time .wide [data-run="r0-%d"]`, r.Index)
	b.do(t, chromedp.ScrollIntoView(chromedp.CSS("#time .wide svg")))
	box := eval[struct {
		X float64 `json:"x"`
		Y float64 `json:"y"`
	}](t, b, `(function () { var b = document.querySelector('`+mark+`').getBoundingClientRect();
		return {x: b.left + b.width / 2, y: b.top + b.height / 2}; })()`)
	b.do(t, chromedp.MouseClickXY(box.X, box.Y))
	tip := eval[string](t, b, `document.getElementById("tip").textContent`)
	for _, part := range []string{fmt.Sprintf("run %d ", r.Index), r.Model,
		format.TimeText(r.TotalTimeMS)} {
		if !strings.Contains(tip, part) {
			t.Errorf("the mark of run %d says %q, without %q", r.Index, tip, part)
		}
	}
}

// testWithoutScript sees summary, table and pictures with scripts switched off.
func testWithoutScript(t *testing.T, b *browser, html []byte) {
	t.Helper()
	call(t, b, emulation.SetScriptExecutionDisabled,
		emulation.SetScriptExecutionDisabledParams{Value: true})
	b.look(t, 1280, "light")
	b.open(t, html)
	for _, sel := range []string{".verdict", "#table table", "#time .wide svg"} {
		b.do(t, chromedp.WaitVisible(chromedp.CSS(sel)))
	}
	titles, err := chromedp.Run(b.ctx,
		chromedp.QueryNodeIDs(chromedp.CSSAll("#time .wide circle title")))
	if err != nil || len(titles) == 0 {
		t.Errorf("%d marks say their run without script: %v", len(titles), err)
	}
	text, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS(".verdict")))
	if err != nil || !strings.Contains(text, "lockless") {
		t.Errorf("the verdict says %q: %v", text, err)
	}
}

// TestPageShots saves what the page looks like to MTBENCH_SHOTS, for a person to look at.
func TestPageShots(t *testing.T) {
	dir := os.Getenv("MTBENCH_SHOTS")
	if dir == "" {
		t.Skip("MTBENCH_SHOTS names no directory for pictures of the page")
	}
	html := pageOfFiles(t, reporttest.DefaultSynth().File())
	if path := os.Getenv("MTBENCH_FILES"); path != "" {
		f, err := results.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := Write(&out, view.SourcesOf([]*results.File{f}, nil),
			Options{Raw: [][]byte{raw}}); err != nil {
			t.Fatal(err)
		}
		html = []byte(out.String())
	}
	t.Logf("%d bytes", len(html))
	b := startBrowser(t)
	b.open(t, html)
	for _, width := range []int64{360, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			b.look(t, width, scheme)
			png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Join(dir, fmt.Sprintf("page-%d-%s.png", width, scheme))
			if err := os.WriteFile(name, png, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

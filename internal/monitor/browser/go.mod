module github.com/leat-go/leat/internal/monitor/browser

go 1.26.0

require (
	github.com/chromedp/cdproto v0.159.0
	github.com/chromedp/chromedp v0.23.0
	github.com/leat-go/leat v0.0.0
	golang.org/x/sync v0.24.0
)

require (
	github.com/bufbuild/protocompile v0.14.1 // indirect
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	github.com/goccy/go-json v0.12.0 // indirect
	github.com/twmb/avro v1.9.0 // indirect
	github.com/twmb/franz-go/pkg/sr v1.8.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

replace github.com/leat-go/leat => ../../..

package instant

import "time"

var (
	commonDates = []string{"%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d",
		"%Y-%m-%d", "%Y%m%d", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%m-%y", "%m-%d-%y", "%d %b %Y",
		"%d-%b-%Y", "%d/%b/%Y", "%d-%b-%y", "%b %d %Y", "%b %d, %Y", "%a %d %b %Y", "%a, %d %b %Y"}
	commonTimes = []string{"", " %H:%M:%S", " %H:%M", " %H:%M:%S.%f", " %H:%M:%S,%f", " %I:%M:%S %p", " %I:%M %p", " %H:%M:%S %z",
		"T%H:%M:%S", "T%H:%M:%S.%f", "T%H:%M", "_%H:%M:%S", "-%H:%M:%S", ", %H:%M:%S", ", %H:%M", "%H%M%S", "_%H%M%S", "-%H%M%S"}
	otherLayouts = []string{"%d/%b/%Y:%H:%M:%S %z", "%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S %Z %Y", "%a %b %d %Y %H:%M:%S"}
)

// Recognize returns the layouts that all of some texts are instants of; the first is empty where [Parse] reads them without
// one, and then it is the only one. None means that the texts aren't instants, and several that they don't tell which layout
// it is, as with [Guess].
func Recognize(texts []string) (layouts []string) {
	for _, text := range texts {
		if _, err := Parse(text, time.UTC); err != nil {
			return Guess(texts)
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return []string{""}
}

// Guess returns the common layouts of strptime that all of some texts are instants of, with one of them at the front for
// a day before a month. Several mean that the texts don't tell which it is. The texts should be of different times.
func Guess(texts []string) (layouts []string) {
	if len(texts) == 0 {
		return nil
	}
	try := func(text string) {
		layout, err := NewLayout(text)
		for i := 0; err == nil && i < len(texts); i++ {
			_, err = layout.Parse(texts[i], time.UTC)
		}
		if err == nil {
			layouts = append(layouts, text)
		}
	}
	for _, date := range commonDates {
		for _, clock := range commonTimes {
			try(date + clock)
		}
	}
	for _, layout := range otherLayouts {
		try(layout)
	}
	return layouts
}

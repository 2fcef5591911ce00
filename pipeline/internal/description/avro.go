package description

import "github.com/leat-go/leat/broker/file/avro"

// An Avro is what a pipeline file says of how an Avro file is written.
type Avro struct {
	// Name is where it says so.
	Name Text
	// Codec packs the blocks, and Schema is the path of a file; both are empty where the pipeline file doesn't say.
	Codec, Schema Text
}

// avro reads how an Avro file is written.
func (s *source) avro(m *member, what string) (a *Avro, err error) {
	what = "avro of " + what
	section, err := s.mapping(m.value, what)
	if err != nil {
		return nil, err
	}
	if err := s.only(section, what, "codec", "schema"); err != nil {
		return nil, err
	}
	a = &Avro{Name: m.name}
	for _, member := range section.members {
		to := &a.Codec
		if member.name.Value == "schema" {
			to = &a.Schema
		}
		// null, by which nothing is packed, is a text here.
		if *to, err = s.nonempty(written(member.value), member.name.Value, what); err != nil {
			return nil, err
		}
	}
	o := avro.Options{Codec: a.Codec.Value}
	if err := o.Check(); err != nil {
		return nil, a.Codec.Errorf("%s: %v", what, err)
	}
	return a, nil
}

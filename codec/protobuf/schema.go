package protobuf

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile/parser"
	"github.com/bufbuild/protocompile/reporter"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/leat-go/leat/codec/schemas"
)

// header returns what the records of a message begin with.
func (f *format) header(message protoreflect.MessageDescriptor) ([]byte, error) {
	if f.UseLatest {
		return f.latestHeader(message.FullName())
	}
	schema, err := f.schemaOf(message.ParentFile())
	if err != nil {
		return nil, err
	}
	id, err := f.Publish(f.Subject, schema)
	if err != nil {
		return nil, err
	}
	return appendIndex(schemas.AppendHeader(nil, id), indexOf(message)), nil
}

// latestHeader returns the header for the subject's latest schema.
func (f *format) latestHeader(message protoreflect.FullName) ([]byte, error) {
	latest, err := f.Registry.Latest(f.Subject)
	if err != nil {
		return nil, err
	}
	index, err := findMessage(latest.Schema, message)
	if err != nil {
		return nil, fmt.Errorf("the latest schema of subject %q: %w", f.Subject, err)
	}
	return appendIndex(schemas.AppendHeader(nil, latest.ID), index), nil
}

// schemaOf returns the schema of a file of messages, after it has seen to it that those of the file's imports are
// registered.
func (f *format) schemaOf(file protoreflect.FileDescriptor) (schemas.Schema, error) {
	schema := schemas.Schema{Type: schemas.Protobuf}
	for i := range file.Imports().Len() {
		imported := file.Imports().Get(i)
		path := imported.Path()
		if strings.HasPrefix(path, "google/protobuf/") { // registries have those built in
			continue
		}
		if imported.IsPlaceholder() {
			return schema, fmt.Errorf("%s imports %s, whose Go package isn't linked into this program", file.Path(), path)
		}
		version, err := f.publishImport(imported)
		if err != nil {
			return schema, err
		}
		schema.References = append(schema.References, schemas.Reference{Name: path, Subject: path, Version: version})
	}
	var err error
	schema.Text, err = encodeFile(file)
	return schema, err
}

// publishImport sees to it that a file is registered under its own name, as Confluent's clients do, and returns its
// version.
func (f *format) publishImport(file protoreflect.FileDescriptor) (version int, err error) {
	schema, err := f.schemaOf(file)
	if err != nil {
		return 0, err
	}
	if _, err := f.Publish(file.Path(), schema); err != nil {
		return 0, err
	}
	found, err := f.Registry.Lookup(file.Path(), schema)
	return found.Version, err
}

// encodeFile returns a file's description as registries take it: serialized, in base64. They show it as text.
func encodeFile(file protoreflect.FileDescriptor) (string, error) {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(protodesc.ToFileDescriptorProto(file))
	if err != nil {
		return "", fmt.Errorf("describing %s: %w", file.Path(), err)
	}
	return base64.StdEncoding.EncodeToString(raw), nil
}

// indexOf returns where a message stands in its file.
func indexOf(message protoreflect.MessageDescriptor) (index []int) {
	for d := protoreflect.Descriptor(message); ; d = d.Parent() {
		if _, ok := d.(protoreflect.MessageDescriptor); !ok {
			slices.Reverse(index)
			return index
		}
		index = append(index, d.Index())
	}
}

// messageAt returns the full name of the message that has an index in a schema of the registry.
func messageAt(schema schemas.Schema, index []int) (protoreflect.FullName, error) {
	file, err := parseFile(schema)
	if err != nil {
		return "", err
	}
	name, messages := protoreflect.FullName(file.GetPackage()), file.GetMessageType()
	for _, i := range index {
		if i >= len(messages) {
			return "", fmt.Errorf("%w: message %v of %s", errNoMessage, index, strings.Join(namesIn(file), ", "))
		}
		name = name.Append(protoreflect.Name(messages[i].GetName()))
		messages = messages[i].GetNestedType()
	}
	return name, nil
}

// findMessage returns the index of the message that has a full name in a schema of the registry.
func findMessage(schema schemas.Schema, name protoreflect.FullName) (index []int, err error) {
	file, err := parseFile(schema)
	if err != nil {
		return nil, err
	}
	messages := file.GetMessageType()
	rest, ok := strings.CutPrefix("."+string(name), strings.TrimSuffix("."+file.GetPackage(), ".")+".")
	for simple := range strings.SplitSeq(rest, ".") {
		i := slices.IndexFunc(messages, func(m *descriptorpb.DescriptorProto) bool { return m.GetName() == simple })
		if i < 0 || !ok {
			return nil, fmt.Errorf("%w: %s; it has %s", errNoMessage, name, strings.Join(namesIn(file), ", "))
		}
		index = append(index, i)
		messages = messages[i].GetNestedType()
	}
	return index, nil
}

// namesIn lists the outer messages of a file.
func namesIn(file *descriptorpb.FileDescriptorProto) (names []string) {
	for _, m := range file.GetMessageType() {
		names = append(names, string(protoreflect.FullName(file.GetPackage()).Append(protoreflect.Name(m.GetName()))))
	}
	return names
}

// parseFile reads a schema of the registry: the text of a file, or its description as encodeFile gives it. What the
// file imports isn't needed for its messages' names.
func parseFile(schema schemas.Schema) (*descriptorpb.FileDescriptorProto, error) {
	if schema.Type != schemas.Protobuf {
		return nil, fmt.Errorf("its type is %s, want PROTOBUF", schema.Type)
	}
	if raw, err := base64.StdEncoding.DecodeString(schema.Text); err == nil {
		file := &descriptorpb.FileDescriptorProto{}
		if err := proto.Unmarshal(raw, file); err != nil {
			return nil, fmt.Errorf("its description in base64: %w", err)
		}
		return file, nil
	}
	handler := reporter.NewHandler(nil)
	tree, err := parser.Parse("schema.proto", strings.NewReader(schema.Text), handler)
	if err != nil {
		return nil, err
	}
	result, err := parser.ResultFromAST(tree, false, handler)
	if err != nil {
		return nil, err
	}
	return result.FileDescriptorProto(), nil
}

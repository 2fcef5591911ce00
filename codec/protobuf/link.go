package protobuf

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/leat-go/leat/codec/schemas"
	"github.com/leat-go/leat/internal/suggest"
)

// Load reads the description of a message by its full name, for [Message], from a file: a .proto file, or else a set of
// descriptors as protoc --include_imports --descriptor_set_out and buf build write it. The name may be empty where a .proto
// file has one message alone. What a .proto file imports is looked for in its folder and those above it, and in the folders
// given.
func Load(path, message string, imports ...string) (protoreflect.MessageDescriptor, error) {
	if strings.HasSuffix(path, ".proto") {
		file, err := compileFile(path, imports)
		if err != nil {
			return nil, err
		}
		return messageIn(file, message)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(data, set); err != nil || len(set.GetFile()) == 0 {
		return nil, fmt.Errorf("%s is no set of descriptors, as protoc --include_imports --descriptor_set_out=FILE writes it; "+
			"the name of a file of messages ends in .proto", path)
	}
	return messageInSet(path, set, message)
}

// compileFile compiles a .proto file.
func compileFile(path string, imports []string) (protoreflect.FileDescriptor, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	folders := []string{folder}
	for above := filepath.Dir(folder); above != folder; folder, above = above, filepath.Dir(above) {
		folders = append(folders, above)
	}
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(
		&protocompile.SourceResolver{ImportPaths: append(folders, imports...)})}
	files, err := compiler.Compile(context.Background(), filepath.Base(path))
	if err != nil {
		return nil, err
	}
	return files[0], nil
}

// messageIn returns the message that has a full name in a file or what it imports, or its only one.
func messageIn(file protoreflect.FileDescriptor, name string) (protoreflect.MessageDescriptor, error) {
	if name == "" {
		if file.Messages().Len() == 1 {
			return file.Messages().Get(0), nil
		}
		return nil, fmt.Errorf("%s has the messages %s: say which it is", file.Path(), strings.Join(namesOf(file), ", "))
	}
	if found := findIn(file, protoreflect.FullName(name), map[string]bool{}); found != nil {
		return found, nil
	}
	return nil, noMessage(file.Path(), name, namesOf(file))
}

func noMessage(where, name string, names []string) error {
	meant := suggest.Name(name, names)
	if meant == "" {
		meant = "; it has " + strings.Join(names, ", ")
	}
	return fmt.Errorf("%s has no message %s%s", where, name, meant)
}

func findIn(file protoreflect.FileDescriptor, name protoreflect.FullName, seen map[string]bool,
) protoreflect.MessageDescriptor {
	if seen[file.Path()] {
		return nil
	}
	seen[file.Path()] = true
	if found := findBelow(file.Messages(), name); found != nil {
		return found
	}
	for i := range file.Imports().Len() {
		if found := findIn(file.Imports().Get(i), name, seen); found != nil {
			return found
		}
	}
	return nil
}

func findBelow(messages protoreflect.MessageDescriptors, name protoreflect.FullName) protoreflect.MessageDescriptor {
	for i := range messages.Len() {
		m := messages.Get(i)
		if m.FullName() == name {
			return m
		}
		if strings.HasPrefix(string(name), string(m.FullName())+".") {
			if found := findBelow(m.Messages(), name); found != nil {
				return found
			}
		}
	}
	return nil
}

// namesOf lists the outer messages of a file.
func namesOf(file protoreflect.FileDescriptor) (names []string) {
	for i := range file.Messages().Len() {
		names = append(names, string(file.Messages().Get(i).FullName()))
	}
	return names
}

// messageInSet finds a message in a set of descriptors.
func messageInSet(path string, set *descriptorpb.FileDescriptorSet, name string) (protoreflect.MessageDescriptor, error) {
	has := func(path string) bool {
		return slices.ContainsFunc(set.GetFile(), func(f *descriptorpb.FileDescriptorProto) bool { return f.GetName() == path })
	}
	for _, file := range set.GetFile() {
		for _, imported := range file.GetDependency() {
			if has(imported) {
				continue
			}
			known, err := protoregistry.GlobalFiles.FindFileByPath(imported)
			if err != nil {
				return nil, fmt.Errorf("%s lacks %s, which %s imports: make it with --include_imports", path, imported,
					file.GetName())
			}
			set.File = append(set.File, protodesc.ToFileDescriptorProto(known))
		}
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var names []string
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(file.Path(), "google/protobuf/") {
			names = append(names, namesOf(file)...)
		}
		return true
	})
	slices.Sort(names)
	if name == "" {
		if len(names) != 1 {
			return nil, fmt.Errorf("%s has the messages %s: say which it is", path, strings.Join(names, ", "))
		}
		name = names[0]
	}
	found, err := files.FindDescriptorByName(protoreflect.FullName(name))
	if message, ok := found.(protoreflect.MessageDescriptor); ok && err == nil {
		return message, nil
	}
	return nil, noMessage(path, name, names)
}

// schemaFile is what a registry's schema is called where it is compiled.
const schemaFile = "leat-schema.proto"

// link compiles a schema of the registry, with those that it refers to.
func link(registry schemas.Registry, schema schemas.Schema) (protoreflect.FileDescriptor, error) {
	if schema.Type != schemas.Protobuf {
		return nil, fmt.Errorf("its type is %s, want PROTOBUF", schema.Type)
	}
	texts := map[string]string{schemaFile: schema.Text}
	if err := addReferences(registry, schema.References, texts); err != nil {
		return nil, err
	}
	resolver := protocompile.ResolverFunc(func(path string) (result protocompile.SearchResult, err error) {
		text, ok := texts[path]
		if !ok {
			return result, protoregistry.NotFound
		}
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			result.Source = strings.NewReader(text)
			return result, nil
		}
		result.Proto = &descriptorpb.FileDescriptorProto{}
		err = proto.Unmarshal(raw, result.Proto)
		result.Proto.Name = &path
		return result, err
	})
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(resolver)}
	files, err := compiler.Compile(context.Background(), schemaFile)
	if err != nil {
		return nil, err
	}
	return files[0], nil
}

// maxReferences bounds how many schemas one may refer to.
const maxReferences = 1000

func addReferences(registry schemas.Registry, references []schemas.Reference, texts map[string]string) error {
	for _, r := range references {
		if _, known := texts[r.Name]; known {
			continue
		}
		if len(texts) == maxReferences {
			return errors.New("it refers to too many others")
		}
		referred, err := registry.Version(r.Subject, r.Version)
		if err != nil {
			return err
		}
		texts[r.Name] = referred.Text
		if err := addReferences(registry, referred.References, texts); err != nil {
			return err
		}
	}
	return nil
}

// messageByIndex returns the message that has an index in a file.
func messageByIndex(file protoreflect.FileDescriptor, index []int) (found protoreflect.MessageDescriptor, err error) {
	messages := file.Messages()
	for _, i := range index {
		if i >= messages.Len() {
			return nil, fmt.Errorf("%w: message %v of %s", errNoMessage, index, strings.Join(namesOf(file), ", "))
		}
		found = messages.Get(i)
		messages = found.Messages()
	}
	return found, nil
}

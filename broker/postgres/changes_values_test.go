package postgres_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/postgres"
)

// canonical is a JSON object as a value whose numbers keep their digits, so that two texts of it are equal.
func (d *database) canonical(text string) map[string]any {
	d.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var object map[string]any
	d.must(decoder.Decode(&object))
	return object
}

// A row that comes as a change looks as it does when its table is read, whatever the types of its columns.
func TestChangesHaveTheValuesOfTables(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TYPE point2 AS (x int, "the name" text, at timestamp);
		CREATE TYPE nested AS (p point2, list text[], raw bytea); CREATE DOMAIN cents AS numeric(12, 2); CREATE DOMAIN blob AS bytea;
		CREATE TABLE s (id int PRIMARY KEY, n numeric, c cents, f float8, g float4, b boolean, t text, ch char(4), vc varchar(9),
			d date, at timestamptz, local timestamp, tm time, span interval, u uuid, raw bytea, bl blob, j json, jb jsonb,
			ints int[], texts text[], times timestamp[], instants timestamptz[], bools bool[], docs jsonb[], raws bytea[],
			boxes box[], m mood, ms mood[], p point2, ps point2[], nest nested, r int4range, ip inet, o oid, mon money,
			ts tsvector, bits bit(3), x xml, pt point, cs cents[])`)
	f := d.follow(postgres.Changes[object]("s", []string{"s"}, postgres.AsRows()))
	d.exec(`SET search_path = public; INSERT INTO s VALUES
		(1, 12345678901234567890.12345678901234567890, 0.10, 0.1, 1e-30, true, E'a "b" \\ \t\n\r\b {x} é水', 'ab', 'x', '2026-11-28',
			'2026-11-28 12:00:00.123456+02', '2026-11-28 12:00:00.5', '12:00:00.5', '1 day 02:00', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
			'\x00ff5c0a', '\x0102', '{"z":1.0,"a":[1,"x\n"], "big": 12345678901234567890}', '{"k": 1.50}', '[0:2]={1,NULL,3}',
			'{"a b","c\"d\\e",NULL,"NULL","",nULl}', '{2026-11-28 12:00:00,infinity}', '{2026-11-28 12:00:00+02}', '{t,f,NULL}',
			ARRAY['{"a": [1, "}"]}', 'null']::jsonb[], ARRAY['\x01', '\x']::bytea[], '{(1,2),(0,0);(3,4),(2,2)}', 'glad', '{sad,NULL}',
			ROW(1, 'a "b", c\', '2026-11-28 12:00'), ARRAY[ROW(1, NULL, NULL), NULL, ROW(NULL, '', NULL)]::point2[],
			ROW(ROW(2, 'in (it)', NULL), '{"x,y",z}', '\x01'), '[1,5)', '10.0.0.1/8', 7, 12.5, 'a:1 b:2', B'101', '<a>b</a>', '(1,2)', '{1,2.5}'),
		(2, 'NaN', NULL, 'Infinity', '-Infinity', false, '', '', NULL, '0044-03-15 BC', '0044-03-15 12:00+00 BC',
			'0044-03-15 12:00 BC', NULL, '-1 mon', NULL, '', NULL, '"text"', '[]', '{}', '{{a,b},{c,d}}',
			'{{2026-11-28 12:00:00},{0044-03-15 12:00:00 BC}}', '{}', '{{t},{f}}', '{}', '{}', '{}', NULL, '{}', ROW(NULL, NULL, NULL), '{}',
			ROW(NULL, '{}', NULL), 'empty', '::1', 4294967295, -1, '', B'000', NULL, '(1e300,-0.5)', '{}'),
		(3, 1e30, -1, 'NaN', 0.10, NULL, 'x', 'y', 'z', 'infinity', 'infinity', '-infinity', NULL, NULL, NULL, NULL, NULL, 'null', 'null',
			NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
		(4, 0.10, 5, 1e300, 3, NULL, 'x', 'y', 'z', '12026-01-02', '12026-01-02 03:04+00', '9999-12-31 23:59:59.999999', NULL, NULL, NULL,
			NULL, NULL, NULL, NULL,
			NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`)
	table := d.follow(postgres.Table[object]("s", postgres.Follow()))
	for range 4 {
		got, want := d.canonical(f.next()), d.canonical(table.next())
		for column := range want {
			if !reflect.DeepEqual(got[column], want[column]) {
				t.Errorf("row %v: column %s is %#v as a change, and %#v in the table", want["id"], column, got[column], want[column])
			}
		}
		if len(got) != len(want) {
			t.Errorf("row %v has %d columns as a change, and %d in the table", want["id"], len(got), len(want))
		}
	}
}

// Large values that an update leaves as they were aren't sent: they are missing, unless the replica identity is full.
func TestChangesOfLargeValues(t *testing.T) {
	d := newDatabase(t)
	d.exec("CREATE TABLE s (id int PRIMARY KEY, n int, large text); ALTER TABLE s ALTER large SET STORAGE EXTERNAL")
	f := d.follow(postgres.Changes[change]("s", []string{"s"}))
	large := strings.Repeat("x", 10_000)
	d.exec("INSERT INTO s VALUES (1, 1, '" + large + "'); UPDATE s SET n = 2; ALTER TABLE s REPLICA IDENTITY FULL; " +
		"UPDATE s SET n = 3")
	f.expectChanges(
		fmt.Sprintf(`insert public.s null {"id":1,"n":1,"large":"%s"}`, large),
		`update public.s {"id":1} {"id":1,"n":2}`,
		fmt.Sprintf(`update public.s {"id":1,"n":2,"large":"%[1]s"} {"id":1,"n":3,"large":"%[1]s"}`, large),
	)
}

// An update that changes the key sends that of the row before with null in all other columns, which says nothing of a
// large value that is as it was. A key may be large itself.
func TestChangesOfKeysBesideLargeValues(t *testing.T) {
	d := newDatabase(t)
	d.exec("CREATE TABLE s (id int PRIMARY KEY, large text); CREATE TABLE k (id text PRIMARY KEY, n int); " +
		"ALTER TABLE s ALTER large SET STORAGE EXTERNAL; ALTER TABLE k ALTER id SET STORAGE EXTERNAL")
	f := d.follow(postgres.Changes[change]("s", []string{"s", "k"}))
	large, key := strings.Repeat("x", 10_000), strings.Repeat("k", 2_300)
	d.exec("INSERT INTO s VALUES (1, '" + large + "'); UPDATE s SET id = 2")
	d.exec("INSERT INTO k VALUES ('" + key + "', 1); UPDATE k SET n = 2")
	f.expectChanges(
		fmt.Sprintf(`insert public.s null {"id":1,"large":"%s"}`, large),
		`update public.s {"id":1} {"id":2}`,
		fmt.Sprintf(`insert public.k null {"id":"%s","n":1}`, key),
		fmt.Sprintf(`update public.k {"id":"%[1]s"} {"id":"%[1]s","n":2}`, key),
	)
}

// Tables may change while they are read: each change has the columns of its time.
func TestChangesOfTablesThatChange(t *testing.T) {
	d := newDatabase(t)
	d.exec("CREATE TABLE s (id int PRIMARY KEY, n int); CREATE TABLE later (id int PRIMARY KEY)")
	f := d.follow(postgres.Changes[change]("s", []string{"s"}))
	d.exec("INSERT INTO s VALUES (1, 1); ALTER TABLE s ADD v text DEFAULT 'new'; INSERT INTO s VALUES (2, 2)")
	d.exec("BEGIN; UPDATE s SET n = 3 WHERE id = 1; ALTER TABLE s RENAME n TO m; UPDATE s SET m = 4 WHERE id = 1; COMMIT")
	d.exec("ALTER TABLE s DROP v; INSERT INTO s VALUES (3, 3); ALTER TABLE s ALTER m TYPE numeric; UPDATE s SET m = 4.50 WHERE id = 3")
	publication := d.query("SELECT pubname FROM pg_publication")[0][0]
	d.exec("ALTER PUBLICATION " + publication + " ADD TABLE later; INSERT INTO later VALUES (1); INSERT INTO s VALUES (4, 4)")
	d.exec("ALTER TABLE s RENAME TO renamed; INSERT INTO renamed VALUES (5, 5)")
	f.expectChanges(
		`insert public.s null {"id":1,"n":1}`,
		`insert public.s null {"id":2,"n":2,"v":"new"}`,
		`update public.s {"id":1} {"id":1,"n":3,"v":"new"}`,
		`update public.s {"id":1} {"id":1,"m":4,"v":"new"}`,
		`insert public.s null {"id":3,"m":3}`,
		`update public.s {"id":3} {"id":3,"m":4.50}`,
		`insert public.s null {"id":4,"m":4}`,
		`insert public.renamed null {"id":5,"m":5}`,
	)
}

// As rows, a deletion is a record without a value, and so is the key that an update has changed.
func TestChangesAsRows(t *testing.T) {
	d := newDatabase(t)
	d.exec("CREATE TABLE s (id int PRIMARY KEY, v text); CREATE TABLE w (id int PRIMARY KEY, v text); " +
		"ALTER TABLE w REPLICA IDENTITY FULL")
	f := d.followAs(postgres.Changes[object]("s", []string{"s", "w"}, postgres.AsRows()), func(r broker.Record) string {
		return string(r.Key) + " " + string(r.Value)
	})
	d.exec("INSERT INTO s VALUES (1, 'a'); UPDATE s SET v = 'b'; UPDATE s SET id = 2; DELETE FROM s; TRUNCATE s; INSERT INTO s VALUES (3)")
	d.exec("INSERT INTO w VALUES (1, 'a'); UPDATE w SET v = 'b'; UPDATE w SET id = 2; DELETE FROM w")
	for _, want := range []string{
		`{"id":1} {"id":1,"v":"a"}`, `{"id":1} {"id":1,"v":"b"}`, `{"id":1} `, `{"id":2} {"id":2,"v":"b"}`, `{"id":2} `,
		`{"id":3} {"id":3,"v":null}`,
		`{"id":1} {"id":1,"v":"a"}`, `{"id":1} {"id":1,"v":"b"}`, `{"id":1} `, `{"id":2} {"id":2,"v":"b"}`, `{"id":2} `,
	} {
		if got := f.next(); got != want {
			t.Errorf("the record is %s, not %s", got, want)
		}
	}
	if !strings.Contains(f.log.String(), "TRUNCATE") {
		t.Errorf("the log says nothing of the TRUNCATE:\n%s", f.log)
	}
}

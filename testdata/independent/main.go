// An independent reader and writer of whosaw's log, on golang.org/x/mod/sumdb: the note, tree and tile code of Go's own
// checksum database, which knows nothing of whosaw. What is written here by hand is docs/formats: paths, bundles, leaves, entries.
//
//	independent check DIR VKEY [OLDER-CHECKPOINT]   reads log/ in DIR; checks the checkpoint, every tile, leaf and entry, an
//	                                                inclusion proof for every leaf, and consistency with the older checkpoint
//	independent proof VKEY LEAF < FILE.tlog-proof   checks a proof file for a leaf
//	independent consistent OLDER NEWER VKEY < PROOF checks a consistency proof: one base64 hash a line
//	independent make DIR SIZE OLDER-SIZE            writes a log of its own, with proofs for others to check
package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8
const width = 1 << height

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func need(ok bool, what string, args ...interface{}) {
	if !ok {
		must(fmt.Errorf(what, args...))
	}
}

// path is C2SP tlog-tiles': without the height that Go's own has, and with "entries" for its "data".
func path(t tlog.Tile) string {
	parts := strings.Split(t.Path(), "/") // tile/8/0/x001/234.p/5
	if parts[2] == "data" {
		parts[2] = "entries"
	}
	return strings.Join(append([]string{"tile"}, parts[2:]...), "/")
}

type reader struct{ dir string }

func (r reader) Height() int { return height }

func (r reader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, t := range tiles {
		var err error
		if data[i], err = os.ReadFile(filepath.Join(r.dir, path(t))); err != nil {
			return nil, err
		}
	}
	return data, nil
}

func (r reader) SaveTiles([]tlog.Tile, [][]byte) {}

type head struct {
	origin string
	tree   tlog.Tree
}

func parseHead(text, vkey string) head {
	verifier, err := note.NewVerifier(vkey)
	must(err)
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	need(len(lines) == 4 && lines[0] == verifier.Name(), "a checkpoint of another log or form")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)
	return head{lines[0], tlog.Tree{N: size, Hash: root}}
}

func readAll(name string) []byte {
	data, err := os.ReadFile(name)
	must(err)
	return data
}

// records takes a bundle apart: prefix is 2 bytes for leaves, 4 for entries.
func records(data []byte, prefix int) [][]byte {
	var all [][]byte
	for len(data) > 0 {
		need(len(data) >= prefix, "half a length in a bundle")
		n := int(binary.BigEndian.Uint16(data))
		if prefix == 4 {
			n = int(binary.BigEndian.Uint32(data))
		}
		need(len(data) >= prefix+n, "half a record in a bundle")
		all = append(all, data[prefix:prefix+n])
		data = data[prefix+n:]
	}
	return all
}

func check(dir, vkey, older string) {
	log := filepath.Join(dir, "log")
	now := parseHead(string(readAll(filepath.Join(log, "checkpoint"))), vkey)
	hashes := tlog.TileHashReader(now.tree, reader{log})
	for first := int64(0); first < now.tree.N; first += width {
		w := now.tree.N - first
		if w > width {
			w = width
		}
		name := path(tlog.Tile{H: height, L: -1, N: first / width, W: int(w)})
		leaves := records(readAll(filepath.Join(log, name)), 2)
		entries := records(readAll(filepath.Join(log, strings.TrimPrefix(name, "tile/"))), 4)
		need(len(leaves) == int(w) && len(entries) == int(w), "a bundle of another width: %s", name)
		for i, leaf := range leaves {
			index := first + int64(i)
			proof, err := tlog.ProveRecord(now.tree.N, index, hashes)
			must(err)
			must(tlog.CheckRecord(proof, now.tree.N, now.tree.Hash, index, tlog.RecordHash(leaf)))
			var parsed struct{ Entry, Salt string }
			must(json.Unmarshal(leaf, &parsed))
			sum := sha256.Sum256(entries[i])
			need(parsed.Entry == hex.EncodeToString(sum[:]), "entry %d is not its leaf's", index)
		}
	}
	if older != "" {
		then := parseHead(string(readAll(older)), vkey)
		proof, err := tlog.ProveTree(now.tree.N, then.tree.N, hashes)
		must(err)
		must(tlog.CheckTree(proof, now.tree.N, now.tree.Hash, then.tree.N, then.tree.Hash))
	}
	fmt.Printf("%s %d %s\n", now.origin, now.tree.N, now.tree.Hash)
}

// proofFile checks a C2SP tlog-proof: a line of version, the index, the hashes, an empty line, the checkpoint.
func proofFile(vkey, leaf string) {
	text, err := io.ReadAll(os.Stdin)
	must(err)
	split := strings.SplitN(string(text), "\n\n", 2)
	need(len(split) == 2, "no checkpoint in the proof")
	lines := strings.Split(split[0], "\n")
	need(lines[0] == "c2sp.org/tlog-proof@v1" && strings.HasPrefix(lines[1], "index "), "another form of proof")
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	must(err)
	now := parseHead(split[1], vkey)
	must(tlog.CheckRecord(parseHashes(lines[2:]), now.tree.N, now.tree.Hash, index, tlog.RecordHash(readAll(leaf))))
	fmt.Println(index, now.tree.N)
}

func parseHashes(lines []string) []tlog.Hash {
	var all []tlog.Hash
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		must(err)
		all = append(all, hash)
	}
	return all
}

func consistent(older, newer, vkey string) {
	text, err := io.ReadAll(os.Stdin)
	must(err)
	then, now := parseHead(string(readAll(older)), vkey), parseHead(string(readAll(newer)), vkey)
	proof := parseHashes(strings.Fields(string(text)))
	must(tlog.CheckTree(proof, now.tree.N, now.tree.Hash, then.tree.N, then.tree.Hash))
	fmt.Println(then.tree.N, now.tree.N)
}

type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	all := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		all[i] = m[index]
	}
	return all, nil
}

func write(name string, data []byte) {
	must(os.MkdirAll(filepath.Dir(name), 0o755))
	must(os.WriteFile(name, data, 0o644))
}

func makeLog(dir string, size, older int64) {
	log := filepath.Join(dir, "log")
	skey, vkey, err := note.GenerateKey(rand.Reader, "log.example/go")
	must(err)
	signer, err := note.NewSigner(skey)
	must(err)
	var stored memory
	var leaves, entries [][]byte
	for n := int64(0); n < size; n++ {
		entry := []byte(fmt.Sprintf(`{"entry":{"customer":"c-%d","kind":"sighting","time":"2026-01-31T09:30:00Z"},"recorded":"2026-01-31T09:30:%02d.%03dZ"}`, n, n/1000, n%1000))
		salt := make([]byte, 16)
		_, err := rand.Read(salt)
		must(err)
		leaf := []byte(fmt.Sprintf(`{"entry":"%x","salt":"%x"}`, sha256.Sum256(entry), salt))
		hashes, err := tlog.StoredHashes(n, leaf, stored)
		must(err)
		stored = append(stored, hashes...)
		leaves, entries = append(leaves, leaf), append(entries, entry)
	}
	for _, tile := range tlog.NewTiles(height, 0, size) {
		data, err := tlog.ReadTileData(tile, stored)
		must(err)
		write(filepath.Join(log, path(tile)), data)
		if tile.L != 0 {
			continue
		}
		tile.L = -1
		var leafBundle, entryBundle bytes.Buffer
		for i := tile.N * width; i < tile.N*width+int64(tile.W); i++ {
			must(binary.Write(&leafBundle, binary.BigEndian, uint16(len(leaves[i]))))
			leafBundle.Write(leaves[i])
			must(binary.Write(&entryBundle, binary.BigEndian, uint32(len(entries[i]))))
			entryBundle.Write(entries[i])
		}
		write(filepath.Join(log, path(tile)), leafBundle.Bytes())
		write(filepath.Join(log, strings.TrimPrefix(path(tile), "tile/")), entryBundle.Bytes())
	}
	for name, at := range map[string]int64{"checkpoint": size, "older": older} {
		root, err := tlog.TreeHash(at, stored)
		must(err)
		text := fmt.Sprintf("%s\n%d\n%s\n", signer.Name(), at, root)
		signed, err := note.Sign(&note.Note{Text: text}, signer)
		must(err)
		write(filepath.Join(log, name), signed)
	}
	write(filepath.Join(dir, "keys/log.vkey"), []byte(vkey+"\n"))
	must(os.Rename(filepath.Join(log, "older"), filepath.Join(dir, "older")))
	proof, err := tlog.ProveTree(size, older, stored)
	must(err)
	var inclusion [][]string
	for n := int64(0); n < size; n++ {
		path, err := tlog.ProveRecord(size, n, stored)
		must(err)
		inclusion = append(inclusion, texts(path))
	}
	data, err := json.Marshal(map[string]interface{}{"consistency": texts(proof), "inclusion": inclusion})
	must(err)
	write(filepath.Join(dir, "proofs.json"), data)
}

func texts(hashes []tlog.Hash) []string {
	all := []string{}
	for _, hash := range hashes {
		all = append(all, base64.StdEncoding.EncodeToString(hash[:]))
	}
	return all
}

func main() {
	args := append(os.Args[1:], "", "", "", "")
	switch args[0] {
	case "check":
		check(args[1], args[2], args[3])
	case "proof":
		proofFile(args[1], args[2])
	case "consistent":
		consistent(args[1], args[2], args[3])
	case "make":
		size, err := strconv.ParseInt(args[2], 10, 64)
		must(err)
		older, err := strconv.ParseInt(args[3], 10, 64)
		must(err)
		makeLog(args[1], size, older)
	default:
		need(false, "check, proof, consistent or make")
	}
}

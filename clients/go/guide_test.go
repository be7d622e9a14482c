package interplay_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

var program = regexp.MustCompile("(?s)```go\n(package main\n.*?)```")

// TestProgramsOfTheGuides compiles every program of the README and the guide; with INTERPLAY_TARGET it runs them.
func TestProgramsOfTheGuides(t *testing.T) {
	for _, page := range []string{"README.md", "../../docs/go-client.md"} {
		text, err := os.ReadFile(page)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		programs := program.FindAllSubmatch(text, -1)
		if len(programs) == 0 {
			t.Fatalf("%s has no programs", page)
		}
		for number, found := range programs {
			t.Run(filepath.Base(page)+strconv.Itoa(number), func(t *testing.T) {
				folder := t.TempDir()
				source, binary := filepath.Join(folder, "main.go"), filepath.Join(folder, "program")
				if err := os.WriteFile(source, found[1], 0o600); err != nil {
					t.Fatal(err)
				}
				if said, err := exec.Command("go", "vet", source).CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, said)
				}
				if os.Getenv("INTERPLAY_TARGET") == "" {
					return
				}
				if said, err := exec.Command("go", "build", "-o", binary, source).CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, said)
				}
				said, err := exec.Command(binary).CombinedOutput()
				t.Logf("%s", said)
				if err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

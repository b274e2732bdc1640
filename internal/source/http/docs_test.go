package http

import (
	"os"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/source/live"
)

const guide = "../../../docs/connecting-a-source.md"

func TestTheExampleOfTheDocumentationIsADeclaration(t *testing.T) {
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## An API\n")
	_, example, _ := strings.Cut(section, "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	c, problems := contract.Parse("register.odcs.yaml", []byte("apiVersion: v3.1.0\nkind: DataContract\nid: register\nversion: 1.0.0\nstatus: active\n"+example),
		contract.Options{Elements: func(string) bool { return true }})
	if errs := problems.Errors(); len(errs) > 0 || len(c.Servers) != 1 {
		t.Fatal(errs)
	}
	t.Setenv("REGISTER_HOST", "register.example")
	s, err := live.FromContract("register.odcs.yaml", "/hub", &c.Servers[0])
	if err != nil {
		t.Fatal(err)
	}
	a := api(t, s)
	o, err := a.of("births", "")
	if err != nil {
		t.Fatal(err)
	}
	u, err := o.urlOf(step{Cursor: "x"})
	if want := "https://register.example/v1/births?order=id&limit=500&cursor=x"; err != nil || u.String() != want {
		t.Errorf("got %s, %v, want %s", u, err, want)
	}
	for _, name := range properties {
		if !strings.Contains(section, "`"+name+"`") {
			t.Errorf("the property %s is not documented", name)
		}
	}
}

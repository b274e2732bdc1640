package web

import "github.com/sen-hub/sen/internal/access"

// Route is a page or a form as a table of them has it.
type Route struct {
	Pattern string     // as net/http has it
	Act     access.Act // "": anybody, signed in or not
}

// Routes are all that the server answers, but for files and what is not there.
func (s *Server) Routes() []Route {
	out := make([]Route, 0, len(s.routes))
	for _, one := range s.routes {
		out = append(out, Route{one.pattern, one.act})
	}
	return out
}

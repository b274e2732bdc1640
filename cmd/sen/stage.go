package main

import (
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/desk"
)

var stageWords = map[string]struct {
	vi, en string
	style  terminal.Style
}{
	desk.Ready:        {"sẵn sàng", "ready", terminal.Quiet},
	desk.Connected:    {"đã kết nối", "connected", terminal.Warn},
	desk.Synchronised: {"đã đồng bộ", "synchronised", terminal.Good},
}

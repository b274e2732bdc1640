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

var blockWords = map[string]struct{ vi, en string }{
	desk.BlockSecret:      {"bí mật nhà nước: không đọc", "state secret: not read"},
	desk.BlockFile:        {"không có tệp nguồn", "no file where its contract says"},
	desk.BlockLate:        {"quá hạn cam kết", "older than promised"},
	desk.BlockDrift:       {"nguồn không còn khớp hợp đồng", "the source no longer fits its contract"},
	desk.BlockUnavailable: {"không đọc được nguồn", "the source cannot be read now"},
	desk.BlockInvalid:     {"nguồn không đúng như hợp đồng khai", "the source is not as its contract says"},
	desk.BlockCorrupt:     {"dữ liệu đọc về bị hỏng", "what was read is damaged"},
	desk.BlockInternal:    {"trục trặc ở phía trung tâm", "something went wrong on our side"},
}

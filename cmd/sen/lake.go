package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/object"
	"github.com/sen-hub/sen/internal/source/live"
)

// lakeConfig is what sen.yaml says about where the lake is. Its secrets are
// names: what they name is read when it is needed.
type lakeConfig struct {
	Address, Endpoint, Region string
	Key, Secret               live.Secret
	Catalogue                 string
	Password                  live.Secret
}

// extension is the file by which the SQL engine reads from S3. It lies beside
// the program, or where sen.yaml says; it is never downloaded.
const extension = "httpfs.duckdb_extension"

// lakeAt are the options of the lake, its secrets read.
func (d *declarations) lakeAt(ctx context.Context, p *program) (lake.Options, error) {
	o := lake.Options{Dir: d.data("lake"), Log: p.log()}
	c := d.config.Lake
	if c.Address != "" {
		s3, err := bucket(ctx, c.Address, c.Endpoint, c.Region, c.Key, c.Secret)
		if err != nil {
			return o, err
		}
		o.Bucket = &s3
	}
	if c.Catalogue != "" {
		password, err := reveal(ctx, "catalogue.password", c.Password)
		if err != nil {
			return o, err
		}
		o.Catalogue = &lake.Postgres{URL: c.Catalogue, Password: password}
	}
	return o, nil
}

// bucket is a place in a bucket, its secrets read.
func bucket(ctx context.Context, address, endpoint, region string, key, secret live.Secret) (object.S3, error) {
	out := object.S3{Address: address, Endpoint: endpoint, Region: region}
	if endpoint == "" || region == "" {
		return out, sen.Errorf(sen.Invalid, "%s needs the server's endpoint and region", address).
			WithHint("name both, like endpoint https://s3.example.vn and region vn-hanoi")
	}
	var err error
	if out.Key, err = reveal(ctx, "key", key); err != nil {
		return out, err
	}
	out.Secret, err = reveal(ctx, "secret", secret)
	return out, err
}

// reveal reads a secret; the error says which option names it.
func reveal(ctx context.Context, option string, name live.Secret) (string, error) {
	value, err := name.Reveal(ctx)
	if err != nil {
		return "", fmt.Errorf("%s: %w", option, err)
	}
	return value, nil
}

// remote lets an engine read where the lake is; nil where that is a folder.
func (d *declarations) remote(o lake.Options) (*engine.Remote, error) {
	if o.Bucket == nil {
		return nil, nil
	}
	host, tls, err := o.Bucket.Host()
	if err != nil {
		return nil, err
	}
	folder := d.config.Extensions
	switch {
	case folder == "":
		program, err := os.Executable()
		if err != nil {
			return nil, sen.Errorf(sen.Unavailable, "find this program's folder: %w", err)
		}
		if whole, err := filepath.EvalSymlinks(program); err == nil {
			program = whole
		}
		folder = filepath.Join(filepath.Dir(program), "extensions")
	case !filepath.IsAbs(folder):
		folder = d.path(folder)
	}
	return &engine.Remote{Extension: filepath.Join(folder, extension), Scope: strings.TrimRight(o.Bucket.Address, "/"),
		Endpoint: host, TLS: tls, Region: o.Bucket.Region, Key: o.Bucket.Key, Secret: o.Bucket.Secret}, nil
}

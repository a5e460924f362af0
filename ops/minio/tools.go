//go:build tools

// Package minio pins the MinIO server, so that `npm run test:s3` can build and run it. MinIO is licensed under the AGPL-3.0:
// it is a tool of the tests, run as a program of its own; nothing of it is linked with Steward or shipped with it.
package minio

import _ "github.com/minio/minio"

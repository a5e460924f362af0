//go:build tools

// Package temporalcli pins the Temporal CLI, so that it can be built where it cannot be downloaded.
package temporalcli

import _ "github.com/temporalio/cli/cmd/temporal"

//go:build !race

package codec

const raceBuild = false

package content

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// maxSegments bounds the program headers of a dump. A guest's memory is in tens of them, that of a
// process in thousands.
const maxSegments = 1 << 17

// partsOf returns the bytes of a file that are memory: the loaded segments of an ELF core file, as
// QEMU's dump-guest-memory and the kernel write them, else the whole file.
//
// The types are those of debug/elf. Its File is not used: it reads every section header first,
// which a dump has no use for, and does not know files of 65,535 segments and more.
func partsOf(f io.ReaderAt, size int64) (parts, error) {
	whole := parts{"file", []part{{0, size}}}
	ident := make([]byte, elf.EI_NIDENT)
	if n, _ := f.ReadAt(ident, 0); n < len(ident) || string(ident[:4]) != elf.ELFMAG {
		return whole, nil
	}
	var h elf.Header64
	if err := readStruct(f, 0, size, &h); err != nil {
		return whole, nil // too short for a dump
	}
	little := elf.Data(ident[elf.EI_DATA]) == elf.ELFDATA2LSB
	if !little && elf.Type(h.Type>>8|h.Type<<8) != elf.ET_CORE {
		return whole, nil
	}
	if little && elf.Type(h.Type) != elf.ET_CORE {
		return whole, nil // a program or a library: its bytes are what they are
	}
	if elf.Class(ident[elf.EI_CLASS]) != elf.ELFCLASS64 || !little {
		return parts{}, fmt.Errorf("an ELF memory dump of class %v and data %v; 64-bit little-endian "+
			"ones can be read", elf.Class(ident[elf.EI_CLASS]), elf.Data(ident[elf.EI_DATA]))
	}
	list, err := segments(f, size, &h)
	return parts{"memory", list}, err
}

// segments returns the PT_LOAD segments that have bytes in the file.
func segments(f io.ReaderAt, size int64, h *elf.Header64) ([]part, error) {
	n, err := segmentCount(f, size, h)
	if err != nil {
		return nil, err
	}
	var list []part
	var sum int64
	for i := range n {
		var p elf.Prog64
		if err := readStruct(f, h.Phoff+i*uint64(h.Phentsize), size, &p); err != nil {
			return nil, fmt.Errorf("an ELF memory dump whose program header %d of %d is not in the "+
				"file: it is cut off or damaged", i, n)
		}
		if elf.ProgType(p.Type) != elf.PT_LOAD || p.Filesz == 0 {
			continue
		}
		if p.Off > uint64(size) || p.Filesz > uint64(size)-p.Off {
			return nil, fmt.Errorf("an ELF memory dump whose segment %d has %d bytes at byte %d, and "+
				"the file has %d: it is cut off or damaged", i, p.Filesz, p.Off, size)
		}
		if sum > math.MaxInt64-int64(p.Filesz) {
			return nil, errors.New("an ELF memory dump of more bytes than can be counted: it is damaged")
		}
		sum += int64(p.Filesz)
		list = append(list, part{int64(p.Off), int64(p.Filesz)})
	}
	if len(list) == 0 {
		return nil, errors.New("an ELF memory dump without a segment of memory (PT_LOAD)")
	}
	return list, nil
}

// segmentCount is how many program headers there are: where they are more than their field can hold
// (PN_XNUM), the first section header has the number.
func segmentCount(f io.ReaderAt, size int64, h *elf.Header64) (uint64, error) {
	const more = 0xffff
	n := uint64(h.Phnum)
	if n == more {
		var s elf.Section64
		if err := readStruct(f, h.Shoff, size, &s); err != nil {
			return 0, errors.New("an ELF memory dump whose first section header, which holds the " +
				"number of segments, is not in the file")
		}
		n = uint64(s.Info)
	}
	if n > maxSegments {
		return 0, fmt.Errorf("an ELF memory dump of %d segments; at most %d are read", n, maxSegments)
	}
	if need := binary.Size(elf.Prog64{}); n > 0 && int(h.Phentsize) != need {
		return 0, fmt.Errorf("an ELF memory dump with program headers of %d bytes; they have %d",
			h.Phentsize, need)
	}
	return n, nil
}

// readStruct reads a little-endian structure at byte offset.
func readStruct(f io.ReaderAt, offset uint64, size int64, v any) error {
	buf := make([]byte, binary.Size(v))
	if offset > uint64(size) || uint64(len(buf)) > uint64(size)-offset {
		return io.ErrUnexpectedEOF
	}
	if _, err := f.ReadAt(buf, int64(offset)); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return binary.Read(bytes.NewReader(buf), binary.LittleEndian, v)
}

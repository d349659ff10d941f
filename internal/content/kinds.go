package content

import (
	"encoding/binary"
	"strings"
)

// vocabulary is in order of how often text uses the words.
const vocabulary = `the of and to in a is that for it as was with be by on not he his but at are
this have from or had an they which one you were her all she there would their we him been has when
who will no more if out so said what up its about into than them can only other new some could time
these two may then do first any my now such like our over man me even most made after also did many
before must through back years where much your way well down should because each just those people
how too little state good very make world still own see men work long get here between both life
being under never day same another know while last might us great old year off come since against
go came right used take three states himself few house use during without again place american
around however home small found thought went say part once general high upon school every does got
united left number course war until always away something fact though water less public put think
almost hand enough far took head yet government system better set told nothing night end why called
eyes find going look asked later knew point next program city business give group toward young days
let room president side social given present several order national possible rather second face per
among form important often things looked early white case john become large big need four within
felt along children saw best church ever least power development light thing seemed family interest
want members mind country area others done turned although open god service certain kind problem
began different door thus help sense means whole matter`

// fillText writes sentences and paragraphs. The third power of a uniform number makes frequent
// words frequent, about as Zipf's law has it.
func fillText(s *stream, buf []byte) {
	words := strings.Fields(vocabulary)
	for n := 0; n < len(buf); {
		u := float64(s.below(1<<20)) / (1 << 20)
		word := words[int(u*u*u*float64(len(words)))]
		n += copy(buf[n:], word)
		n += copy(buf[n:], separator(s))
	}
}

// separator is what follows a word.
func separator(s *stream) string {
	switch r := s.below(100); {
	case r < 86:
		return " "
	case r < 93:
		return ", "
	case r < 99:
		return ". "
	}
	return ".\n\n"
}

// fillHeap writes the words of a program's heap.
func fillHeap(s *stream, buf []byte) {
	for n := 0; n+8 <= len(buf); {
		n += putHeapItem(s, buf[n:])
	}
}

// putHeapItem writes one item of a heap and returns its size, a multiple of 8.
func putHeapItem(s *stream, buf []byte) int {
	regions := [...]uint64{0x55d0_8c40_0000, 0x7f3a_1c00_0000, 0x7f3a_2004_0000}
	switch r := s.below(100); {
	case r < 34: // a pointer to an object of 16 bytes or more
		region := regions[s.below(len(regions))]
		return putWords(buf, region+uint64(s.below(1<<14))*16)
	case r < 62: // a small integer, often a length and a capacity
		return putWords(buf, uint64(s.below(256)))
	case r < 80: // fields that are not set
		return putWords(buf, make([]uint64, 1+s.below(12))...)
	case r < 90: // two 32-bit fields
		return putWords(buf, uint64(s.below(1000))<<32|uint64(s.below(16)))
	case r < 96: // a short string
		return putWords(buf, letters(s))
	}
	return putWords(buf, s.next()) // a hash or a float
}

// letters is eight lower-case letters.
func letters(s *stream) (word uint64) {
	for range 8 {
		word = word<<8 | uint64('a'+s.below(26))
	}
	return word
}

// putWords writes what fits of words and returns how many bytes that was.
func putWords(buf []byte, words ...uint64) int {
	n := 0
	for _, w := range words {
		if n+8 > len(buf) {
			break
		}
		binary.LittleEndian.PutUint64(buf[n:], w)
		n += 8
	}
	return n
}

// An instruction's form: its opcode bytes, how many of the last one's low bits choose registers,
// and how many bytes of operand follow.
type form struct {
	op      string
	regBits int
	operand int
}

// forms are x86-64 instructions in the mix of compiled code.
func forms() []form {
	return []form{
		{"\x48\x89\xc0", 6, 0}, {"\x48\x8b\x40", 3, 1}, {"\x48\x89\x40", 3, 1},
		{"\x48\x8b\x44\x24", 0, 1}, {"\x48\x89\x44\x24", 0, 1}, {"\x48\x8d\x40", 3, 1},
		{"\x8b\x40", 3, 1}, {"\x89\xc0", 6, 0}, {"\x31\xc0", 3, 0}, {"\x85\xc0", 3, 0},
		{"\x48\x85\xc0", 3, 0}, {"\x74", 0, 1}, {"\x75", 0, 1}, {"\x0f\x84", 0, 4},
		{"\x0f\x85", 0, 4}, {"\xe8", 0, 4}, {"\xe9", 0, 4}, {"\x83\xf8", 3, 1},
		{"\x48\x83\xc0", 3, 1}, {"\x48\x01\xc0", 6, 0}, {"\x48\x39\xc0", 6, 0},
		{"\x0f\xb6\x40", 3, 1}, {"\xc7\x44\x24", 0, 1}, {"\xb8", 3, 4}, {"\x48\x8d\x05", 0, 4},
		{"\x50", 3, 0}, {"\x58", 3, 0}, {"\x41\x54", 2, 0}, {"\xeb", 0, 1}, {"\xff\xd0", 3, 0},
	}
}

// fillBinary writes functions of such instructions, padded to 16 bytes with the int3 of linkers.
func fillBinary(s *stream, buf []byte) {
	forms := forms()
	for n := 0; n < len(buf); {
		n += copy(buf[n:], "\x55\x48\x89\xe5")
		for range 20 + s.below(80) {
			pick := s.below(s.below(len(forms)) + 1) // the first are the most frequent
			n += putInstruction(s, buf[n:], forms[pick])
		}
		n += copy(buf[n:], "\x5d\xc3")
		for n%16 != 0 && n < len(buf) {
			buf[n] = 0xcc
			n++
		}
	}
}

// putInstruction writes one instruction, cut off at the end of buf, and returns its size.
func putInstruction(s *stream, buf []byte, f form) int {
	n := copy(buf, f.op)
	if n > 0 && f.regBits > 0 {
		buf[n-1] ^= byte(s.below(s.below(1<<f.regBits) + 1)) // low registers more often
	}
	var operand [4]byte
	switch f.operand {
	case 1: // small offsets, multiples of 8
		operand[0] = byte(s.below(s.below(16)+1) * 8)
	case 4: // a distance within some hundred KiB, either way
		binary.LittleEndian.PutUint32(operand[:], uint32(s.below(1<<19)-1<<18))
	}
	return n + copy(buf[n:], operand[:f.operand])
}

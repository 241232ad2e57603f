// Locks that tell other processes that a file belongs to this one. A second claim of this process is refused like that of
// another, since the locks belong to open files.
import ByteIO
import Foundation
import Testing

@Suite struct FileClaimTests {
  let folder = try! TemporaryDirectory()

  @Test func aClaimedFileIsRefusedUntilTheClaimEnds() throws {
    try folder.write([1], to: "run")
    let path = FilePath(folder.path("run"))
    var claim = try FileClaim.claim(path)
    #expect(claim != nil)
    for _ in 0..<2 {
      #expect(throws: FileError.isInUse(name: folder.path("run"))) { try FileClaim.claim(path) }
    }
    #expect(try folder.bytes(of: "run") == [1])
    claim = nil
    #expect(try FileClaim.claim(path) != nil)
  }

  @Test func aFileThatTakesAClaimedOnesPlaceIsClaimedOnRequest() throws {
    try folder.write([1], to: "run")
    let path = FilePath(folder.path("run"))
    let old = try FileClaim.claim(path)
    var new = try OutputFile(path: path).commitAndClaim()
    #expect(old != nil && new != nil)
    #expect(throws: FileError.isInUse(name: folder.path("run"))) { try FileClaim.claim(path) }
    new = nil
    #expect(try FileClaim.claim(path) != nil)
    try OutputFile(path: path).commit()
    #expect(try FileClaim.claim(path) != nil)
    #expect(try OutputFile(path: "/dev/null").commitAndClaim() == nil)
    withExtendedLifetime(old) {}
  }

  @Test func thereIsNothingToClaimWithoutARegularFile() throws {
    let fifo = folder.path("fifo")
    #expect(mkfifo(fifo, 0o666) == 0)
    for path in [folder.path("missing"), folder.path(""), fifo, "/dev/null", "-", "/dev/stdout"] {
      #expect(try FileClaim.claim(FilePath(path)) == nil, "\(path)")
    }
    #expect(try folder.names == ["fifo"])
  }
}

// Models given by name: the folders that are searched, and their precedence.
import Foundation
import Testing

@Suite struct NamedModelTests {
  /// A folder with a stream and two models: `a/one.safetensors` with two neurons, and `b/one.safetensors` with four.
  private static let prepared = PreparedFolder { place in
    try place.write(SmallStream(SmallImages(count: 60)).bytes, to: "data.raw")
    let outcome = try place.shell(
      """
      mkdir a b && cd a && fm-train --quiet --epochs 1 --arch linear:2 --output one.safetensors ../data.raw &&
        cd ../b && fm-train --quiet --epochs 1 --arch linear:4 --output one.safetensors ../data.raw
      """)
    try #require(outcome.ending == .exited(0), "\(outcome.messageText)")
  }

  private func withModels() throws -> Workplace { try Self.prepared.copy() }

  /// The layers of the model that is found under this name, or the error message.
  private func layers(_ name: String, _ folders: String?, in place: Workplace) throws -> String {
    let outcome = try place.shell(
      "fm-info --format json \(name)", environment: ["FM_MODELS": folders ?? ""])
    guard outcome.ending == .exited(0) else { return outcome.messageText }
    let report = try #require(JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
    return try #require(report["architecture"] as? String)
  }

  @Test func theFirstFolderWithTheNameCounts() throws {
    let place = try withModels()
    #expect(try layers("one", "a:b", in: place) == "linear:2")
    #expect(try layers("one", "\(place.path)/b:a", in: place) == "linear:4")
    #expect(try layers("one", "nowhere::b", in: place) == "linear:4")
  }

  @Test func aFileTakesPrecedenceOverAModelAndAFolderDoesNot() throws {
    let place = try withModels()
    try #expect(place.shell("mkdir one").ending == .exited(0))
    #expect(try layers("one", "a", in: place) == "linear:2")
    try #expect(place.shell("rmdir one && cp b/one.safetensors one").ending == .exited(0))
    #expect(try layers("one", "a", in: place) == "linear:4")
    #expect(try layers("./one", "a", in: place) == "linear:4")
  }

  @Test func allCommandsThatReadModelsTakeNames() throws {
    let place = try withModels()
    let outcome = try place.shell(
      """
      set -e
      export FM_MODELS=a
      fm-predict --model one data.raw > named.tsv
      fm-predict --model a/one.safetensors data.raw | cmp - named.tsv
      fm-export one --output one.pth
      fm-train --quiet --from one --epochs 1 --output from.st data.raw
      fm-train --quiet --teacher one --arch linear:5 --epochs 1 --output taught.st data.raw
      fm-info taught.st | grep -q 'a/one.safetensors'
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    // One file under two names is one model.
    let twice = try place.shell(
      "FM_MODELS=a fm-predict --model one --model a/one.safetensors data.raw")
    #expect(twice.ending == .exited(64) && twice.messageText.contains("is given twice"))
  }

  @Test func aModelIsNotOverwritten() throws {
    let place = try withModels()
    let outcome = try place.shell("FM_MODELS=a fm-export one --type float16 --output a/one.safetensors")
    #expect(outcome.ending == .exited(64), "\(outcome.messageText)")
    #expect(try layers("one", "a", in: place) == "linear:2")
  }

  @Test func anUnknownNameIsRefusedWithTheKnownOnes() throws {
    let place = try withModels()
    for command in [
      "fm-predict --model two data.raw", "fm-export two -o two.onnx", "fm-info two",
      "fm-train --from two -o two.st data.raw", "fm-train --teacher two --arch linear:2 -o two.st data.raw",
    ] {
      let outcome = try place.shell("cp a/one.safetensors a/three.safetensors; FM_MODELS=a:b \(command)")
      #expect(outcome.ending == .exited(66), "\(command)")
      #expect(
        outcome.messageText.hasSuffix(
          ": two: no such file and no model of that name; the known models are one, three\n"),
        "\(outcome.messageText)")
    }
    #expect(try layers("two", nil, in: place).contains("no models are installed"))
    // A name with an ending or a slash means a file.
    #expect(try layers("two.st", "a", in: place).contains("cannot open for reading"))
    #expect(try layers("a/two", "b", in: place).contains("cannot open for reading"))
    #expect(try place.names == ["a", "b", "data.raw"])
  }

  /// An installation is a folder `bin` beside a folder `share`, wherever it is and whatever links lead to it.
  @Test func anInstallationFindsItsModels() throws {
    let place = try withModels()
    let outcome = try place.shell(
      """
      set -e
      mkdir -p prefix/bin prefix/share/fm-tools/models links
      cp "$1/fm-info" prefix/bin
      cp b/one.safetensors prefix/share/fm-tools/models
      ln -s "$PWD/prefix/bin/fm-info" links
      unset FM_MODELS
      prefix/bin/fm-info one | grep -q linear:4
      links/fm-info one | grep -q linear:4
      FM_MODELS=a links/fm-info one | grep -q linear:2
      """, [Workplace.executables])
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
  }
}

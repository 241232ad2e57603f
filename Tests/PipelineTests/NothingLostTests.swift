// Mistakes on the command line, signals, limits and full disks must not cost the user any data.
import Foundation
import Testing

/// Whether this user may mount a file over another. Some containers do not allow that, even for root.
private let canMount: Bool = {
  guard getuid() == 0, let place = try? Workplace() else { return false }
  return (try? place.shell("touch a b; mount --bind a b && umount b"))?.ending == .exited(0)
}()

@Suite struct NothingLostTests {
  private func run(_ line: String) throws -> (place: Workplace, outcome: Outcome) {
    let place = try ExitStatusTests.smallFiles()
    return (place, try place.shell(line))
  }

  /// Command lines that would overwrite their input, write two outputs to one file, or read one input twice. `data.raw`
  /// and the like are small files that exist.
  @Test(arguments: [
    "\(trainLine.joined(separator: " ")) -o new data.raw --log data.raw",
    "\(trainLine.joined(separator: " ")) -o new data.raw --log model --teacher model",
    "\(trainLine.joined(separator: " ")) -o new data.raw --validation predictions.raw --log predictions.raw",
    "fm-train --quiet --epochs 1 --from model -o new data.raw --log model",
    "fm-train --quiet --epochs 1 --from model -o new data.raw --checkpoint model",
    "\(trainLine.joined(separator: " ")) -o data.raw < data.raw",
    "\(trainLine.joined(separator: " ")) -o x data.raw --log ./x",
    "\(trainLine.joined(separator: " ")) -o x data.raw --checkpoint x",
    "\(trainLine.joined(separator: " ")) -o - data.raw --log /dev/stdout | cat",
    "\(trainLine.joined(separator: " ")) -o x --validation - -",
    "\(trainLine.joined(separator: " ")) -o x --teacher -",
    "fm-train --quiet --from - -o x", "fm-train --arch linear:2 --lr-find --log /dev/stdout data.raw | cat",
    "fm-split data.raw --train data.raw --held-out x", "ln -s x y; fm-split data.raw --train x --held-out y",
    "fm-split data.raw --emit train >> data.raw", "idx2raw images labels -o images",
    "idx2raw images labels -o labels",
    "idx2raw - -", "idx2raw images - --classes -", "idx2raw images >> images",
    "png2raw --size 4x4 boot.png -o boot.png", "png2raw --size 4x4 boot.png --errors boot.png > x",
    "png2raw --size 4x4 . -o boot.png", "png2raw --size 4x4 boot.png --errors /dev/stdout",
    "png2raw --files-from - --label-from - -o x", "fm-predict -m model data.raw -o model",
    "fm-predict -m model data.raw -o data.raw", "fm-predict -m -",
    "fm-predict -m model --paths boot.png -o boot.png",
    "fm-eval predictions.tsv -o predictions.tsv", "fm-eval predictions.tsv -o x --wrong x",
    "fm-eval predictions.tsv --svg x --png ./x",
    "fm-eval predictions.tsv --truth predictions.raw --wrong predictions.raw",
    "fm-eval - --truth -", "fm-eval --baseline -", "fm-eval --classes -",
    "fm-audit data.raw -o data.raw", "fm-audit data.raw --summary x -o x", "fm-audit data.raw >> data.raw",
    "fm-audit - --predictions -", "fm-audit - -", "fm-audit data.raw ./data.raw",
    "fm-audit data.raw --predictions predictions.raw -o predictions.raw",
    "fm-eval predictions.tsv --wrong x > x", "fm-eval - --costs -", "fm-eval --thresholds -",
    "fm-eval predictions.tsv --choose-thresholds f1 --thresholds-out predictions.tsv",
    "fm-eval predictions.tsv -o x --choose-thresholds f1 --thresholds-out x",
    "fm-predict -m model --thresholds -",
    "fm-plot confusion predictions.tsv --to svg -o predictions.tsv",
    "fm-plot confusion - --classes - --to svg",
    "fm-plot curves - - --to svg",
    "raw2png data.raw --select - --predictions - --sheet x.png", "raw2png --select - --sheet x.png",
    "fm-train --quiet --arch linear:2 --epochs 1 -o m --checkpoint c data.raw; fm-export c --to safetensors -o c",
    "fm-export - --to safetensors -o model < model",
    "fm-export -q model --to pth -o t.pth; fm-export t.pth --to safetensors -o t.pth",
    "fm-export -q model --to pth -o t.pth; fm-train -q --from t.pth --epochs 1 -o t.pth data.raw",
    "cp data.raw d.png; raw2png d.png --sheet d.png", "fm-info - -", "fm-info data.raw >> data.raw",
    "fm-export model --to onnx -o model", "mkfifo p; fm-info p p",
  ])
  func commandLinesThatWouldLoseDataAreRefused(_ line: String) throws {
    let place = try ExitStatusTests.smallFiles()
    let before = try place.names.map { try place.bytes(of: $0) }
    let names = try place.names
    let outcome = try place.shell("set -o pipefail; " + line)
    #expect(outcome.ending == .exited(64), "\(line): \(outcome.messageText)")
    #expect(outcome.messageLines.count == 1, "\(line): \(outcome.messageText)")
    #expect(try names.map { try place.bytes(of: $0) } == before, "\(line)")
  }

  @Test func aModelMayReplaceItself() throws {
    let (place, outcome) = try run(
      """
      set -e
      fm-export model --to safetensors -o model
      fm-train --quiet --epochs 1 --from model -o model data.raw
      fm-info model
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(try place.names.filter { $0.contains("model") } == ["model"])
  }

  @Test(arguments: ["/nonexistent", "images", "--validation images data.raw", "--from images data.raw"])
  func anOldLogSurvivesARefusedRun(_ input: String) throws {
    let (place, outcome) = try run("echo old > log; fm-train --quiet --arch linear:4 -o x --log log \(input)")
    #expect(outcome.ending != .exited(0))
    #expect(try place.text(of: "log") == "old\n")
    let without = try place.shell("fm-train --quiet --arch linear:4 -o x --log new \(input)")
    #expect(without.ending == outcome.ending)
    #expect(try !place.names.contains("new"))
  }

  @Test func twoRunsDoNotShareALog() throws {
    let place = try ExitStatusTests.smallFiles()
    let line = [
      "--arch", "linear:8", "--epochs", "1000000", "--validation", "0.5", "--log", "log", "data.raw",
    ]
    let first = try place.start("fm-train", line + ["-o", "one"])
    #expect(try first.drain { $0.messages.count { $0 == 0x0a } >= 3 })
    let second = try place.start("fm-train", line + ["-o", "two"]).finish()
    #expect(second.ending == .exited(73), "\(second.messageText)")
    first.send(signal: SIGTERM)
    #expect(try first.finish().ending == .exited(75))
    #expect(try place.text(of: "log").split(separator: "\n").filter { $0.contains("\"start\"") }.count == 1)
  }

  /// For every output, a name that can never be a file is refused before any work: the inputs do not exist.
  @Test(arguments: [
    "\(trainLine.joined(separator: " ")) no.raw -o N",
    "\(trainLine.joined(separator: " ")) no.raw -o x --log N",
    "\(trainLine.joined(separator: " ")) no.raw -o x --checkpoint N", "fm-split no.raw --train N",
    "fm-split no.raw --train x --held-out N", "fm-split no.raw --test 0.1 --test-out N", "idx2raw no -o N",
    "png2raw no -o N", "png2raw no --errors N", "fm-predict -m no -o N", "fm-eval no -o N",
    "fm-eval no --wrong N", "fm-eval no --choose-thresholds f1 --thresholds-out N",
    "fm-eval no --svg N", "fm-eval no --png N", "fm-plot confusion no --to svg -o N",
    "fm-export no --to pth -o N",
    "raw2png no --sheet N.png", "raw2png no --directory N",
  ])
  func impossibleOutputsAreRefusedBeforeAnyWork(_ line: String) throws {
    for name in [String(repeating: "n", count: 300), "no/folder/x", "data.raw/x"] {
      let (place, outcome) = try run(line.replacingOccurrences(of: "N", with: name))
      #expect(outcome.ending == .exited(73), "\(outcome.messageText)")
      #expect(outcome.messageLines.count == 1)
      #expect(try !place.names.contains("x"))
    }
  }

  @Test func aFileSizeLimitIsReportedInOneLine() throws {
    let place = try ExitStatusTests.smallFiles()
    try place.write(SmallStream(SmallImages(count: 3000, classCount: 2)).bytes, to: "large.raw")
    for line in [
      "fm-split large.raw --train t --held-out h", "fm-split large.raw --emit train > t",
      "fm-train --quiet --arch linear:64 --epochs 1 large.raw -o m", "fm-predict -m big large.raw -o p",
      "raw2png large.raw --limit 500 --sheet s.png", "fm-export big --to onnx -o o",
      "fm-predict -m big large.raw --probabilities > p",
    ] {
      // bash counts blocks of 1,024 bytes, so the limit is 2,048 bytes; every output is longer.
      // The first sheet of a machine makes Fontconfig write its cache, which the limit would not allow either.
      let script = """
        test -e big || fm-train --quiet --arch linear:8 --epochs 1 -o big large.raw || exit 9
        test -e sheet.png || raw2png large.raw --limit 1 --sheet sheet.png || exit 9
        ulimit -f 2
        \(line)
        """
      let outcome = try place.shell(script)
      #expect(outcome.ending == .exited(74), "\(line): \(outcome.messageText)")
      #expect(
        outcome.messageText.contains("File too large (there is a limit: 'ulimit -f' shows it)"), "\(line)")
      #expect(outcome.messageLines.count == 1, "\(line): \(outcome.messageText)")
    }
  }

  /// The device is full, but the folder is not.
  @Test func aModelThatCannotBeWrittenIsKeptElsewhere() throws {
    for target in ["-o /dev/full", "-o - > /dev/full"] {
      let (place, outcome) = try run("\(trainLine.joined(separator: " ")) data.raw \(target)")
      #expect(outcome.ending == .exited(74), "\(outcome.messageText)")
      let kept = try #require(try place.names.first { $0.contains(".kept-") })
      #expect(outcome.messageText.contains("No space left on device; the model is written to \(kept);"))
      #expect(try place.run("fm-info", kept).ending == .exited(0))
    }
  }

  @Test func aTargetThatBecomesAFolderDoesNotCostTheModel() throws {
    let place = try ExitStatusTests.smallFiles()
    let child = try place.start(
      "fm-train",
      [
        "--arch", "linear:8", "--epochs", "1000000", "--validation", "0.5", "-o", "target", "--checkpoint",
        "c", "data.raw",
      ])
    #expect(try child.drain { $0.messages.count { $0 == 0x0a } >= 4 })
    try FileManager.default.createDirectory(
      atPath: place.path + "/target", withIntermediateDirectories: false)
    child.send(signal: SIGTERM)
    let outcome = try child.finish()
    let kept = try #require(try place.names.first { $0.hasPrefix("target.kept-") })
    #expect(outcome.messageText.contains(kept), "\(outcome.messageText)")
    #expect(outcome.ending == .exited(73))
    #expect(try place.run("fm-info", kept).ending == .exited(0))
  }

  @Test(arguments: [SIGTERM, SIGINT, SIGHUP])
  func aSignalEndsTheWaitForAReader(_ signal: Int32) throws {
    let place = try ExitStatusTests.smallFiles()
    _ = try place.shell("mkfifo fifo")
    let child = try place.start(
      "fm-train", ["--arch", "linear:2", "--epochs", "1", "--validation", "0.5", "-o", "fifo", "data.raw"])
    // After the last line of the only epoch, the wait begins.
    #expect(try child.drain { String(decoding: $0.messages, as: UTF8.self).contains("best") })
    child.send(signal: signal)
    let outcome = try child.finish()
    #expect(outcome.ending == .exited(75), "\(outcome.messageText)")
    let kept = try #require(try place.names.first { $0.hasPrefix("fifo.kept-") })
    #expect(outcome.messageText.contains(kept), "\(outcome.messageText)")
    #expect(try place.run("fm-info", kept).ending == .exited(0))
  }

  @Test func aHangUpSavesTheModelUnlessIgnored() throws {
    let place = try ExitStatusTests.smallFiles()
    let line = ["--arch", "linear:8", "--epochs", "1000000", "--validation", "0.5", "-o", "m", "data.raw"]
    let child = try place.start("fm-train", line)
    #expect(try child.drain { $0.messages.count { $0 == 0x0a } >= 4 })
    child.send(signal: SIGHUP)
    #expect(try child.finish().ending == .exited(75))
    #expect(try place.run("fm-info", "m").ending == .exited(0))
    let immune = try place.start(
      "/bin/sh", ["-c", "trap '' HUP; exec fm-train \(line.joined(separator: " "))"])
    #expect(try immune.drain { $0.messages.count { $0 == 0x0a } >= 4 })
    let count = immune.messages.count
    immune.send(signal: SIGHUP)
    #expect(try immune.drain { $0.messages.count > count + 200 })
    immune.send(signal: SIGTERM)
    #expect(try immune.finish().ending == .exited(75))
  }

  /// Under every memory limit that lets it start, a command works or reports in one line that it cannot.
  @Test func tooLittleMemoryIsReportedInOneLine() throws {
    #if os(Linux)
      let place = try ExitStatusTests.smallFiles()
      try place.write(SmallStream(SmallImages(count: 2000, classCount: 2)).bytes, to: "large.raw")
      // The lowest limit at which every command can be loaded. Below it, the message comes from the loader.
      let least = try place.shell(
        """
        starts() { for command in fm-train fm-predict fm-eval fm-split png2raw raw2png; do $command --help || return; done; }
        for mb in $(seq 50 25 1500); do (ulimit -v ${mb}000; starts) > /dev/null 2>&1 && echo $mb && exit; done
        """)
      let start = try #require(Int(least.text.trimmingCharacters(in: .whitespacesAndNewlines)))
      for line in [
        "fm-train --arch 'linear:4096 relu linear:4096 relu linear:4096' --epochs 1 -q -j 2 -o x large.raw",
        "fm-predict -m model -j 2 data.raw", "fm-eval predictions.tsv", "fm-split large.raw --emit train",
        "png2raw --size 4x4 -j 8 boot.png", "raw2png large.raw --limit 100 --sheet s.png",
      ] {
        for megabytes in [0, 10, 30, 60, 100, 200, 400].map({ $0 + start }) {
          let outcome = try place.shell("ulimit -v \(megabytes)000; \(line) > /dev/null")
          guard case .exited(let status) = outcome.ending else {
            Issue.record("\(megabytes): \(line): \(outcome.ending)")
            continue
          }
          #expect([0, 74].contains(status), "\(megabytes): \(line): \(outcome.messageText)")
          #expect(outcome.messageLines.count == (status == 0 ? 0 : 1), "\(outcome.messageText)")
        }
      }
    #endif
  }

  @Test func anEmptyPartIsRefusedUnlessAllowed() throws {
    for line in [
      "--validation 12 --train t --held-out h", "--validation 0 --train t --held-out h",
      "--validation 0.01 --emit validation",
      "--test 0.01 --train t --test-out h", "--by hash --validation 0.0001 --held-out h",
      "--by hash --validation 0.0001 --emit validation", "--fold 1/1 --train t --held-out h",
    ] {
      for input in ["data.raw", "- < data.raw"] {
        let (place, outcome) = try run("fm-split \(line) \(input)")
        #expect(outcome.ending == .exited(65), "\(line): \(outcome.messageText)")
        #expect(outcome.messageText.contains("--allow-empty"))
        #expect(outcome.messageLines.count == 1)
        #expect(try !place.names.contains("t") && !place.names.contains("h"))
        let allowed = try place.shell("fm-split --allow-empty \(line) \(input)")
        #expect(allowed.ending == .exited(0), "\(line): \(allowed.messageText)")
      }
    }
    let (_, outcome) = try run("fm-split --validation 0 --train t data.raw")
    #expect(outcome.ending == .exited(0))
  }

  /// Wherever a file can be named. Bash turns `$'\xff'` into a byte.
  @Test func namesNeedNotBeUTF8() throws {
    let script = #"""
      set -e
      n=$'\xff'; mkdir "d$n"; cd "d$n"; export LC_ALL=C.UTF-8
      idx2raw ../images ../labels -o "a$n"; idx2raw "../images" --output="b$n"; test -e "b$n"
      cp ../images "i$n"; cp ../labels "l$n"; idx2raw "i$n" "l$n" -o"c$n"
      printf 'x\ny\n' > "k$n"; idx2raw "i$n" "l$n" --classes "k$n" > /dev/null
      fm-split "a$n" --validation 0.5 --train "t$n" --held-out="h$n"
      fm-train -q --arch linear:2 --epochs 1 -o"m$n" "t$n" --validation "h$n" --log "g$n" --checkpoint="s$n" --teacher ../model
      fm-train -q --from "m$n" --epochs 1 -o "m2$n" "t$n" --validation="h$n" --teacher "m$n"
      fm-predict -m "m$n" "h$n" -o "p$n"; fm-predict --model="m$n" --paths ../boot.png > /dev/null
      cp "p$n" "bl$n"; fm-eval "p$n" -o "e$n" --svg "v$n" --png "w$n" --wrong "x$n" --baseline "bl$n"
      fm-plot curves "g$n" --to svg -o "q$n"; fm-export "m$n" --to onnx --output "o$n"
      raw2png "h$n" --predictions "p$n" --sheet "z$n.png"; raw2png "h$n" --directory "y$n"; test -d "y$n"
      cp ../boot.png "r$n.png"; printf "r$n.png\n" > "f$n"; printf "r$n.png\tx\n" > "u$n"
      png2raw --size 4x4 --files-from "f$n" --label-from "u$n" --errors "j$n" -o "n$n"
      fm-info "a$n" "m$n" "n$n" "s$n"
      ls | LC_ALL=C grep -c $'\xff'
      """#
    let (_, outcome) = try run(script)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)\(outcome.text)")
    #expect(outcome.text.hasSuffix("\n27\n"), "\(outcome.text)")
    // The recorded command line can be pasted into a shell.
    #expect(outcome.text.contains(#"-o $'a\xff'"#) || outcome.text.contains(#"$'i\xff'"#), "\(outcome.text)")
    #expect(outcome.text.contains(#"a\xff"#))
    let (_, missing) = try run(#"fm-info $'./no\xff\u202e'"#)
    #expect(
      missing.messageText
        == "fm-info: ./no\\xff\\xe2\\x80\\xae: cannot open for reading: No such file or directory\n")
  }

  /// Arguments are checked before anything is read; the names in a list can only be checked later.
  @Test func anInputInAListIsNotReplaced() throws {
    let place = try ExitStatusTests.smallFiles()
    let outcome = try place.shell(
      """
      mkdir p; for i in 1 2 3; do cp boot.png p/$i.png; done; ls p/*.png > list
      png2raw -q --size 4x4 --files-from list -o p/2.png; echo $?
      png2raw -q --size 4x4 --files-from list -o new.raw --errors p/3.png; echo $?
      fm-predict -q --model model --paths -o p/1.png < list; echo $?
      for i in 1 2 3; do cmp boot.png p/$i.png; done; ls -A p
      head -c 3000 model | png2raw -q --files-from - ; echo $?
      """)
    #expect(outcome.text == "64\n64\n64\n1.png\n2.png\n3.png\n65\n", "\(outcome.text)\(outcome.messageText)")
    #expect(outcome.messageText.contains("p/2.png: is also an input, and would be lost"))
    #expect(outcome.messageText.contains("stdin: expected names, one per line, found a safetensors file"))
  }

  /// The folder of the file is not writable. Permissions do not stop root, so root tests with another user.
  @Test func aWritableFileInAClosedFolderIsWrittenInPlace() throws {
    let place = try ExitStatusTests.smallFiles()
    let user = getuid() == 0 ? "setpriv --reuid 65534 --clear-groups" : ""
    let script = """
      mkdir closed; echo old > closed/m; chmod 666 closed/m; chmod 555 closed; chmod -R a+rX .; chmod a+rx .
      \(user) \(Workplace.executables)/fm-export model --to safetensors -o closed/m || exit
      cmp closed/m model; ls closed; chmod 755 closed
      """
    let closed = try place.shell(script, environment: ["TMPDIR": "/tmp"])
    #expect(closed.ending == .exited(0), "\(closed.messageText)")
    #expect(closed.text == "m\n", "\(closed.messageText)")
  }

  /// A mount point cannot be replaced. Containers mount files like this.
  @Test(.enabled(if: canMount, "this user may not mount a file over another"))
  func aFileThatIsAMountPointIsWrittenInPlace() throws {
    let place = try ExitStatusTests.smallFiles()
    let mounted = try place.shell(
      """
      head -c 100000 /dev/zero > a; touch b; mount --bind a b || exit
      fm-export model --to safetensors -o b; s=$?; cmp b model; cmp a model; umount b; exit $s
      """)
    #expect(mounted.ending == .exited(0), "\(mounted.messageText)")
    #expect(mounted.text == "", "\(mounted.text)")
    #expect(try place.names.allSatisfy { !$0.contains(".fm-") && !$0.contains(".kept-") })
  }
}

// The pictures in tar archives, one archive after the other.
import ByteIO
import ImageFiles

/// Goes through archives and gives out their pictures, in their order.
///
/// A picture is a member whose name ends as a picture's does, as in folders, or has no ending where its content is a picture;
/// other members are passed over. An archive that cannot be read, or not to its end, is given out itself, with the reason, and the next one follows.
/// Memory: one picture; with labels, those of one sample.
public final class ArchivePictures: PictureFinding {
  /// `nil` where there is one archive, which is open.
  private let archives: FoundPictures?
  /// An archive that is open, until it is its turn: standard input, or the only one.
  private var openInput: InputFile?
  private let labels: MemberLabels.Ending?
  private var archive: (path: [UInt8], reader: TarReader)?
  /// Pictures that wait to be given out.
  private var ready: [FoundPicture] = []
  /// What is known of the members of the current sample.
  private var sample: ArchiveSample?
  /// What may be said about archives.
  private var leftovers = ArchiveLeftovers()
  public private(set) var passedOver = PassedOver()

  /// `archives` gives out the archives in place of pictures, and enters no folder. `standardInput` is open where one of them
  /// is `-`. With `labels`, members belong together as WebDataset has it, and that member is the label of the pictures.
  public init(
    _ archives: FoundPictures, standardInput: InputFile? = nil, labels: MemberLabels.Ending? = nil
  ) {
    self.archives = archives
    openInput = standardInput
    self.labels = labels
  }

  /// The pictures of an archive that is open. What would be given out as its problem is thrown.
  public init(_ archive: InputFile) {
    archives = nil
    openInput = archive
    labels = nil
  }

  public var remarks: [String] { (archives?.remarks ?? []) + leftovers.remarks(labels) }

  public func next() throws -> FoundPicture? {
    while ready.isEmpty {
      if let archive {
        step(through: archive.reader, archive.path)
      } else if let archives {
        guard let found = try archives.next() else { return nil }
        open(found)
      } else {
        guard openInput != nil else { return nil }
        open(.standardInput)
      }
    }
    let picture = ready.removeFirst()
    if archives == nil, case .archive(_, let problem) = picture { throw problem }
    return picture
  }

  private func open(_ found: FoundPicture) {
    do {
      let input: InputFile
      switch found {
      case .standardInput:
        guard let open = openInput.take() else { preconditionFailure("nobody opened standard input") }
        input = open
      case .file(let path, _): input = try InputFile(path: FilePath(bytes: path))
      default:
        ready.append(found)
        return
      }
      archive = (found.name, try TarReader(input))
    } catch {
      ready.append(.archive(found.name, error))
    }
  }

  /// Takes one member, or ends the archive.
  private func step(through reader: TarReader, _ path: [UInt8]) {
    do {
      guard let member = try reader.next() else { return endArchive() }
      guard let labels else {
        if let picture = try picture(member, reader) { ready.append(.member(picture)) }
        return
      }
      try take(member, of: SampleName(member.name), labels, reader)
    } catch {
      endArchive()
      ready.append(.archive(path, error))
    }
  }

  private func endArchive() {
    endSample()
    archive = nil
  }

  // MARK: Members

  /// The member as a picture, with its content or the reason why it has none; `nil` where it is no picture by its name, or
  /// by its content if its name does not tell.
  private func picture(_ member: TarMember, _ reader: TarReader) throws -> ArchiveMember? {
    guard member.kind != .folder, !isPassedOver(path: member.name) else { return nil }
    let isNamedSo = isPictureName(member.name)
    guard isNamedSo || !hasEnding(member.name) else {
      if isForeignPictureName(member.name) {
        passedOver.addForeign(Array("\(reader.name): ".utf8) + member.name)
      }
      return nil
    }
    let content = try content(of: member, reader)
    guard isNamedSo || isPicture(content) else { return nil }
    return ArchiveMember(archive: reader.name, name: member.name, content: content)
  }

  private func isPicture(_ content: Result<[UInt8], any Error>) -> Bool {
    guard case .success(let bytes) = content else { return false }
    let kind = FileKind(firstBytes: Array(bytes.prefix(FileKind.byteCount)))
    return [.png, .damagedPNG, .jpeg].contains(kind)
  }

  /// Throws what ends the archive; what concerns the member alone is in the result.
  private func content(of member: TarMember, _ reader: TarReader) throws -> Result<[UInt8], any Error> {
    switch member.kind {
    case .link(let target): return .failure(MemberProblem.link(target: displayedPicture(target)))
    case .folder, .other: return .failure(MemberProblem.device)
    case .file: break
    }
    if let doubt = member.doubt { return .failure(MemberProblem.header(doubt)) }
    if member.name.isEmpty { return .failure(MemberProblem.noName) }
    do {
      return .success(try reader.content(of: member, limit: PictureLimits.fileByteCount))
    } catch let problem as WholeFileProblem {
      return .failure(problem)
    }
  }

  // MARK: Samples

  /// Puts a member into the sample that it belongs to, and gives out the one before.
  private func take(
    _ member: TarMember, of name: SampleName, _ labels: MemberLabels.Ending, _ reader: TarReader
  ) throws {
    guard member.kind != .folder, !isPassedOver(path: member.name) else { return }
    if sample?.takes(name) != true {
      endSample()
      sample = ArchiveSample(name)
    }
    if name.ending == labels.rawValue {
      sample?.label = try label(in: member, reader)
      sample?.labelName = member.name
    } else if isPictureEnding(name.ending) {
      guard let picture = try picture(member, reader) else { return }
      sample?.add(picture)
    } else if isPictureName(member.name) {
      leftovers.addOther(reader.name, member.name)
    } else if isForeignPictureName(member.name) {
      passedOver.addForeign(Array("\(reader.name): ".utf8) + member.name)
    }
  }

  private func label(in member: TarMember, _ reader: TarReader) throws -> Result<[UInt8], any Error> {
    guard member.kind == .file, member.doubt == nil else {
      return .failure(LabelProblem.unreadableMember(displayedPicture(member.name)))
    }
    do {
      return .success(try reader.content(of: member, limit: MemberLabels.byteLimit))
    } catch is WholeFileProblem {
      return .failure(LabelProblem.unreadableMember(displayedPicture(member.name)))
    }
  }

  private func endSample() {
    guard let sample else { return }
    if sample.pictures.isEmpty, let label = sample.labelName, let archive {
      leftovers.addLabel(archive.reader.name, label)
    }
    ready += sample.labelledPictures.map { .member($0) }
    self.sample = nil
  }
}
